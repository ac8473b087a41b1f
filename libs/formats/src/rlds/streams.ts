import type { CameraSpec, ImageItem, SignalSpec } from '../dataset-source.js';
import type { StreamRole } from '../episode-model.js';
import type { Leaf, RldsFeatures } from './features.js';
import { widthOf } from './features.js';

/** Wider signals are maps or clouds, not channels. */
const MAX_CHANNELS = 4096;
const MAX_PICTURE_BYTES = 64 * 1024 * 1024;
const NO_UNIT = 'RLDS states no units';

/** A leaf of a step, as the signal that it becomes. */
export interface SignalStream {
  readonly leaf: Leaf;
  readonly spec: SignalSpec;
}

/** A leaf of a step, as the camera that it becomes. `raw` is how the pictures are stored if they are not coded. */
export interface CameraStream {
  readonly leaf: Leaf;
  readonly spec: CameraSpec;
  readonly raw: ImageItem['encoding'] | null;
}

export interface Streams {
  readonly signals: readonly SignalStream[];
  readonly cameras: readonly CameraStream[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/** Sorts the leaves of a step into signals and cameras. Keys are the record's without `steps/`, with dots. */
export function toStreams(features: RldsFeatures): Streams {
  const signals: SignalStream[] = [];
  const cameras: CameraStream[] = [];
  const skipped = [...features.skipped];
  for (const leaf of features.steps) {
    const raw = rawPicture(leaf);
    const width = widthOf(leaf);
    if (leaf.kind === 'picture' || raw) cameras.push({ leaf, raw, spec: cameraOf(leaf, raw) });
    else if (width > MAX_CHANNELS) skipped.push({ path: leaf.path, reason: `it has ${width} values a step` });
    else signals.push({ leaf, spec: signalOf(leaf) });
  }
  return { signals, cameras, skipped };
}

function signalOf(leaf: Leaf): SignalSpec {
  return {
    key: keyOf(leaf),
    role: roleOf(leaf),
    dtype: leaf.dtype,
    shape: leaf.shape.map((length) => length ?? 1),
    names: [],
    unit: { value: null, reason: leaf.kind === 'text' ? 'it is text' : NO_UNIT },
    clock: 'frames',
    nominalRateHz: null,
    source: leaf.path,
  };
}

function cameraOf(leaf: Leaf, raw: ImageItem['encoding'] | null): CameraSpec {
  const [height, width, channels] = leaf.shape;
  const isDepth = /depth/i.test(leaf.path) || (leaf.dtype === 'uint16' && (channels ?? 1) === 1) || raw === 'depth32f';
  return {
    key: keyOf(leaf),
    name: leaf.path.split('/').at(-1) ?? leaf.path,
    kind: isDepth ? 'depth' : 'rgb',
    carrier: 'images',
    width: width ?? null,
    height: height ?? null,
    nominalRateHz: null,
    clock: 'frames',
    declaredCodec: raw ?? leaf.imageFormat,
  };
}

function keyOf(leaf: Leaf): string {
  return leaf.path.replace(/^steps\//, '').replaceAll('/', '.');
}

/** Pictures that were kept as plain tensors. */
function rawPicture(leaf: Leaf): ImageItem['encoding'] | null {
  const [height, width, channels = 1] = leaf.shape;
  if (leaf.kind !== 'number' || leaf.shape.length < 2 || leaf.shape.length > 3) return null;
  if (!height || !width || !channels || height < 8 || width < 8 || widthOf(leaf) * 4 > MAX_PICTURE_BYTES) return null;
  if (leaf.dtype === 'uint8' && leaf.shape.length === 3 && channels === 3) return 'rgb8';
  if (leaf.dtype === 'uint8' && leaf.shape.length === 3 && channels === 1) return 'gray8';
  if (channels !== 1 || !/depth/i.test(leaf.path)) return null;
  return leaf.dtype === 'uint16' ? 'gray16le' : leaf.dtype === 'float32' ? 'depth32f' : null;
}

function roleOf({ path, kind }: Leaf): StreamRole {
  const name = path.split('/').at(-1) ?? '';
  const top = path.split('/')[1] ?? '';
  if (kind === 'text') return 'language';
  if (/embedding/i.test(name)) return 'other';
  if (top === 'reward') return 'reward';
  if (top === 'is_first' || top === 'is_last' || top === 'is_terminal') return 'done';
  if (/^actions?(_|$)/.test(top)) return 'action';
  if (/^time(stamp)?s?$/i.test(name)) return 'time';
  if (/^(timestep|step_index|frame_index)$/i.test(name)) return 'index';
  if (/mask|instruction/i.test(name)) return 'other';
  return top === 'observation' || top === 'state' ? 'state' : 'other';
}
