import type {
  DatasetSource,
  EpisodeItem,
  FormatReader,
  Known,
  SignalSpec,
  SourceEpisode,
  SourceHead,
} from '../dataset-source.js';
import type { StreamRole } from '../episode-model.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import type { Field } from './demo-fields.js';
import { arrayAt, compareFields, isSignal } from './demo-fields.js';
import { itemsOf } from './episode-items.js';
import type { Hdf5File } from './hdf5-file.js';
import { openReported, report } from './hdf5-file.js';
import { pictureLayout, probeCoded } from './pictures.js';
import { hdf5FilesOf, rootsOf } from './survey.js';

/** Shorter than a fifth of a second at 50 Hz: a recording that was stopped as it began. */
const MIN_FRAMES = 10;
const ARM = ['waist', 'shoulder', 'elbow', 'forearm_roll', 'wrist_angle', 'wrist_rotate', 'gripper'];
const BOTH_ARMS = ['left', 'right'].flatMap((side) => ARM.map((joint) => `${side}_${joint}`));

/** One file per episode, root arrays `action` and `observations/qpos`: ALOHA, ACT, Mobile ALOHA and what grew out of them. */
export const alohaReader: FormatReader = {
  title: 'ALOHA / ACT (HDF5)',
  find: (tree) => rootsOf(tree, 'aloha'),
  open: async (files, log) => {
    const paths = hdf5FilesOf(files).sort(byNumber);
    sayGaps(paths, files, log);
    for (const path of paths) {
      const file = await openReported(files, path, log);
      if (!file) continue;
      try {
        const declared = fieldsOf(file, log, files.full(path));
        if (declared.has('action') && declared.has('observations/qpos'))
          return new AlohaSource(files, log, paths, declared, realityOf(file));
      } catch (error) {
        report(error, log, files.full(path));
      } finally {
        file.close();
      }
    }
    if (!log.hasErrors)
      log.add('EMPTY_RECORDING', 'no file has both action and observations/qpos', { path: files.full(paths[0] ?? '') });
    return null;
  },
};

class AlohaSource implements DatasetSource {
  readonly head: SourceHead;

  constructor(
    private readonly files: DatasetFiles,
    private readonly log: FindingLog,
    private readonly paths: readonly string[],
    private readonly declared: ReadonlyMap<string, Field>,
    reality: Known<string>,
  ) {
    const fields = [...declared.values()];
    this.head = {
      format: 'hdf5',
      formatVersion: 'aloha',
      fps: { value: null, reason: 'the file does not say; ALOHA records at 50 Hz' },
      robotType: { value: null, reason: 'the file does not name the robot' },
      collectionMethod: { value: null, reason: 'the file does not say how it was collected' },
      reality,
      signals: fields.flatMap((field) => (field.kind === 'signal' ? [field.spec] : [])),
      cameras: fields.flatMap((field) => (field.kind === 'camera' ? [field.spec] : [])),
      tasks: [],
      referenceKey: 'action',
      announcedEpisodes: paths.length,
    };
  }

  async *episodes(only?: ReadonlySet<number>): AsyncIterable<SourceEpisode> {
    for (const [index, path] of this.paths.entries()) {
      if (only && !only.has(index)) continue;
      const file = await openReported(this.files, path, this.log);
      try {
        yield file ? this.episode(file, index) : this.emptyEpisode(path, index);
      } finally {
        file?.close();
      }
    }
  }

  async close(): Promise<void> {
    // A file is open only while its episode is walked.
  }

  private episode(file: Hdf5File, index: number): SourceEpisode {
    const path = this.files.full(file.path);
    const place = { path, episode: index };
    let fields: Field[] = [];
    let instruction: string | null = null;
    try {
      fields = compareFields(fieldsOf(file, this.log, path), this.declared, (code, message, expected, actual) =>
        this.log.add(code, message, {
          ...place,
          ...(expected ? { expected } : {}),
          ...(actual ? { actual } : {}),
          ...(code === 'FEATURE_UNDECLARED' ? { severity: 'warning' as const } : {}),
        }),
      );
      this.checkLengths(fields, place);
      instruction = instructionOf(file);
    } catch (error) {
      report(error, this.log, path, index);
    }
    return {
      ...this.emptyEpisode(file.path, index),
      tasks: instruction === null ? [] : [{ text: instruction, from: 0, to: null }],
      announcedFrames: fields.find((field) => field.key === 'action')?.dataset.rows ?? null,
      items: () => this.items(file, fields, place),
    };
  }

  /** An index is never left out, so that episode 7 stays episode 7 when episode 3 cannot be read. */
  private emptyEpisode(path: string, index: number): SourceEpisode {
    return {
      index,
      sourceKey: path.replace(/\.\w+$/, ''),
      tasks: [],
      outcome: null,
      outcomeSource: null,
      announcedFrames: null,
      startedAt: null,
      operator: null,
      scene: null,
      files: [{ path: this.files.full(path), kind: 'data' }],
      items: noItems,
    };
  }

  private async *items(
    file: Hdf5File,
    fields: readonly Field[],
    place: { path: string; episode: number },
  ): AsyncIterable<EpisodeItem> {
    if (
      fields.some(
        (field) => field.kind === 'camera' && field.layout.encoding === 'coded' && field.layout.kind === 'rgb',
      )
    )
      this.log.addOnce(
        'bgr',
        'CODEC_UNUSUAL',
        'the coded pictures were written by OpenCV: ALOHA stores their channels as blue, green, red, so red and blue come out swapped unless the reader swaps them back',
        place,
      );
    yield* itemsOf(fields, null, this.log, place);
  }

  private checkLengths(fields: readonly Field[], place: { path: string; episode: number }): void {
    const frames = fields.find((field) => field.key === 'action')?.dataset.rows;
    if (frames === undefined) return;
    for (const { key, dataset } of fields)
      if (dataset.rows !== frames)
        this.log.add('LENGTH_MISMATCH', `${key} is not as long as action`, {
          ...place,
          expected: `${frames} rows`,
          actual: `${dataset.rows} rows`,
        });
    if (frames < MIN_FRAMES)
      this.log.add('EMPTY_EPISODE', 'the episode ends as it begins: leave it out', {
        ...place,
        expected: `at least ${MIN_FRAMES} frames`,
        actual: `${frames} frames`,
      });
  }
}

/** The arrays of one file: root, observations, and the pictures in their groups. */
function fieldsOf(file: Hdf5File, log: FindingLog, place: string): Map<string, Field> {
  const fields = new Map<string, Field>();
  const keys = [
    ...file.members('/').filter((key) => key !== 'observations' && key !== 'compress_len'),
    ...file.members('/observations').map((key) => `observations/${key}`),
    ...['observations/images', 'observations/images_depth'].flatMap((group) =>
      file.isGroup(`/${group}`) ? file.members(`/${group}`).map((name) => `${group}/${name}`) : [],
    ),
  ];
  for (const key of keys) {
    if (/language|instruction/i.test(key)) continue;
    const dataset = arrayAt(file, `/${key}`, log, place);
    if (!dataset) continue;
    const found = pictureLayout(key, dataset);
    if (found) {
      const layout = probeCoded(found, dataset);
      const isDepth = layout.kind === 'depth';
      fields.set(key, {
        kind: 'camera',
        key,
        dataset,
        layout,
        spec: {
          key,
          name: key.replace(/^observations\/images(_depth)?\//, '') + (isDepth ? '_depth' : ''),
          kind: layout.kind,
          carrier: 'images',
          width: layout.width,
          height: layout.height,
          nominalRateHz: null,
          clock: 'frames',
          declaredCodec: null,
          ...(isDepth && dataset.dtype === 'uint16' ? { depthUnit: 'mm' as const } : {}),
        },
      });
    } else if (isSignal(dataset, log, place))
      fields.set(key, { kind: 'signal', key, dataset, spec: signalOf(key, dataset) });
  }
  return fields;
}

function signalOf(
  key: string,
  dataset: { dtype: string | null; rowShape: readonly number[]; width: number },
): SignalSpec {
  return {
    key,
    role: roleOf(key),
    dtype: dataset.dtype ?? '',
    shape: dataset.rowShape,
    names: dataset.width === BOTH_ARMS.length ? BOTH_ARMS : [],
    unit: { value: null, reason: 'the file does not say; ALOHA keeps joints in rad and grippers from 0 to 1' },
    clock: 'frames',
    nominalRateHz: null,
  };
}

function roleOf(key: string): StreamRole {
  if (key === 'action' || key === 'base_action') return 'action';
  if (key === 'reward' || key === 'rewards') return 'reward';
  return key.startsWith('observations/') ? 'state' : 'other';
}

/** Forks keep a sentence as an attribute, as one text, or as one text per frame. */
function instructionOf(file: Hdf5File): string | null {
  const attribute = file.textAttribute('/', 'language_instruction') ?? file.textAttribute('/', 'instruction');
  if (attribute !== null) return clean(attribute);
  for (const path of ['/language_instruction', '/language_raw', '/instruction']) {
    const dataset = file.dataset(path);
    if (dataset?.dtype === 'bytes' || dataset?.dtype === 'string') return clean(dataset.texts()[0] ?? '');
  }
  return null;
}

function clean(text: string): string | null {
  const trimmed = text.trim();
  return trimmed === '' ? null : trimmed;
}

function realityOf(file: Hdf5File): Known<string> {
  const sim = file.attribute('/', 'sim');
  const flag = Array.isArray(sim) ? sim[0] : sim;
  if (flag === 1 || flag === 'True' || flag === 'true') return { value: 'simulated' };
  if (flag === 0 || flag === 'False' || flag === 'false') return { value: 'real_robot' };
  return { value: null, reason: 'the attribute sim is missing' };
}

/** `episode_2` before `episode_10`; names without a number after those with one. */
function byNumber(a: string, b: string): number {
  const [left, right] = [numberIn(a), numberIn(b)];
  return (left ?? Infinity) - (right ?? Infinity) || (a < b ? -1 : a > b ? 1 : 0);
}

function numberIn(path: string): number | null {
  const digits = /(\d{1,9})\.\w+$/.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}

/** ACT's loader counts files and opens episode_0 to episode_<count - 1>: a gap ends its training. */
function sayGaps(paths: readonly string[], files: DatasetFiles, log: FindingLog): void {
  const numbers = paths.map(numberIn);
  const gap = numbers.findIndex((number, place) => number !== null && number !== place + (numbers[0] ?? 0));
  if (gap > 0)
    log.add(
      'EPISODE_INDEX_GAP',
      'the numbers of the files have a gap, and loaders that count on will miss a file: rename them',
      {
        path: files.full(paths[gap] ?? ''),
        severity: 'warning',
        expected: `episode ${gap + (numbers[0] ?? 0)}`,
        actual: `episode ${numbers[gap] ?? 'unknown'}`,
      },
    );
}

async function* noItems(): AsyncIterable<EpisodeItem> {
  // The finding that goes with it says why.
}
