import type { CameraSpec, SignalSpec } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { Hdf5Dataset } from './hdf5-dataset.js';
import type { Hdf5File } from './hdf5-file.js';
import type { PictureLayout } from './pictures.js';

/** One array of an episode: a signal, the pictures of a camera, or something that is left out and why. */
export type Field =
  | { readonly kind: 'signal'; readonly key: string; readonly dataset: Hdf5Dataset; readonly spec: SignalSpec }
  | {
      readonly kind: 'camera';
      readonly key: string;
      readonly dataset: Hdf5Dataset;
      readonly spec: CameraSpec;
      readonly layout: PictureLayout;
    };

/** A row wider than this is a picture, a cloud or an embedding, not a signal. */
const MAX_WIDTH = 4096;

/** The array at `path` if it can be one channel by time; otherwise null, with a remark where that deserves one. */
export function arrayAt(file: Hdf5File, path: string, log: FindingLog, place: string): Hdf5Dataset | null {
  const kind = file.kindOf(path);
  if (kind === 'link')
    throw new Defect(
      'SYMLINK_FILE',
      `${path} is a link that leads nowhere or out of the file: write the data into the file itself`,
    );
  const dataset = kind === 'dataset' ? file.knownDataset(path) : null;
  // Zero-width arrays are the arm that the robot does not have.
  if (!dataset || dataset.shape.length === 0 || dataset.rowShape.includes(0)) return null;
  if (dataset.dtype === null || dataset.dtype === 'string') {
    log.addOnce(
      `kind|${path.split('/').at(-1) ?? path}`,
      'CHANNEL_SKIPPED',
      `${path} holds neither numbers nor pictures and is left out`,
      {
        path: place,
      },
    );
    return null;
  }
  return dataset;
}

/** Whether an array can be a signal; a remark if it is too wide for one. */
export function isSignal(dataset: Hdf5Dataset, log: FindingLog, place: string): boolean {
  if (dataset.isNumeric && dataset.width <= MAX_WIDTH) return true;
  log.addOnce(
    `wide|${dataset.path.split('/').at(-1) ?? dataset.path}`,
    'CHANNEL_SKIPPED',
    `${dataset.path} is neither a signal nor a picture as it is shaped, and is left out: pictures are (frames, height, width, 3) of uint8`,
    { path: place, actual: `${dataset.dtype ?? 'unknown'} (${dataset.shape.join(', ')})` },
  );
  return false;
}

/** Compares the arrays of an episode with those of the first one, which every loader goes by. */
export function compareFields(
  found: ReadonlyMap<string, Field>,
  declared: ReadonlyMap<string, Field>,
  say: (
    code: 'FEATURE_MISSING' | 'FEATURE_SHAPE_MISMATCH' | 'FEATURE_UNDECLARED' | 'DTYPE_MISMATCH',
    message: string,
    expected?: string,
    actual?: string,
  ) => void,
): Field[] {
  const usable: Field[] = [];
  for (const [key, first] of declared) {
    const field = found.get(key);
    if (!field) {
      say(
        'FEATURE_MISSING',
        `${key} is missing here, but the first episode has it: record every episode with the same arrays`,
      );
      continue;
    }
    const expected = shapeOf(first);
    const actual = shapeOf(field);
    if (expected !== actual || field.kind !== first.kind)
      say('FEATURE_SHAPE_MISMATCH', `${key} has another shape than in the first episode`, expected, actual);
    else if (first.kind === 'signal' && field.kind === 'signal' && first.spec.dtype !== field.spec.dtype)
      say('DTYPE_MISMATCH', `${key} has another type than in the first episode`, first.spec.dtype, field.spec.dtype);
    else usable.push(field);
  }
  for (const key of found.keys())
    if (!declared.has(key))
      say(
        'FEATURE_UNDECLARED',
        `${key} is here, but not in the first episode, and is left out: record every episode with the same arrays`,
      );
  return usable;
}

function shapeOf(field: Field): string {
  if (field.kind === 'camera' && field.layout.encoding === 'coded') return 'coded pictures';
  return `(frames${field.dataset.rowShape.map((length) => `, ${length}`).join('')})`;
}
