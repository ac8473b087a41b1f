import { Defect } from '../defect.js';
import type { JsonObject } from '../text/json.js';
import { asObject } from '../text/json.js';

const MAX_DEPTH = 16;
const MAX_LEAVES = 2000;

/** One tensor, text or picture of features.json, by its key in the record. */
export interface Leaf {
  /** Key in the record: `steps/observation/state`. */
  readonly path: string;
  readonly kind: 'number' | 'text' | 'picture';
  /** As features.json names it: float32, uint8, bool, string. */
  readonly dtype: string;
  /** Shape of one step; null in it where the length is open. */
  readonly shape: readonly (number | null)[];
  /** How a tensor is stored: as a list of numbers, or as one byte string a step. */
  readonly encoding: 'none' | 'bytes' | 'zlib';
  /** `jpeg` or `png`, where a picture says so. */
  readonly imageFormat: string | null;
}

/** What features.json announces: leaves of a step, leaves of the episode, and what is not read, with the reason. */
export interface RldsFeatures {
  readonly steps: readonly Leaf[];
  readonly episode: readonly Leaf[];
  readonly skipped: readonly { readonly path: string; readonly reason: string }[];
}

/**
 * Reads the tree of features.json as TensorFlow Datasets 4.7 and later write it.
 * @throws Defect if it does not describe episodes of steps.
 * @see https://github.com/tensorflow/datasets/blob/v4.9.6/tensorflow_datasets/core/proto/feature.proto
 */
export function toRldsFeatures(json: unknown): RldsFeatures {
  const root = asObject(json);
  if (root && 'type' in root && 'content' in root)
    throw new Defect(
      'UNSUPPORTED_VERSION',
      'features.json is in the form of TensorFlow Datasets before 4.7: save the dataset again with a current release',
    );
  const children = childrenOf(root);
  const steps = asObject(children?.['steps']);
  const perStep = asObject(asObject(steps?.['sequence'])?.['feature']);
  if (!root || !children || !perStep)
    throw new Defect(
      'UNSUPPORTED_FORMAT',
      'features.json has no "steps": this is a TensorFlow dataset, but not one of episodes (RLDS)',
    );
  const found: Found = { leaves: [], skipped: [] };
  collect(perStep, 'steps', [], 0, found);
  const stepLeaves = found.leaves;
  found.leaves = [];
  for (const [name, node] of Object.entries(children)) {
    const inner = asObject(node);
    if (name !== 'steps' && inner) collect(inner, name, [], 0, found);
  }
  return { steps: stepLeaves, episode: found.leaves, skipped: found.skipped };
}

interface Found {
  leaves: Leaf[];
  skipped: { path: string; reason: string }[];
}

function childrenOf(node: JsonObject | null): JsonObject | null {
  return asObject(asObject(node?.['featuresDict'])?.['features']);
}

function collect(node: JsonObject, path: string, outer: readonly number[], depth: number, found: Found): void {
  if (depth > MAX_DEPTH)
    throw new Defect('METADATA_INVALID', `features.json is nested deeper than ${MAX_DEPTH} levels`);
  if (found.leaves.length + found.skipped.length >= MAX_LEAVES)
    throw new Defect('METADATA_INVALID', `features.json has more than ${MAX_LEAVES} features`);
  const children = childrenOf(node);
  const sequence = asObject(node['sequence']);
  if (children) {
    for (const [name, child] of Object.entries(children)) {
      const inner = asObject(child);
      if (inner) collect(inner, `${path}/${name}`, outer, depth + 1, found);
    }
  } else if (sequence) {
    const length = Number(sequence['length']);
    const inner = asObject(sequence['feature']);
    if (inner && Number.isSafeInteger(length) && length > 0) collect(inner, path, [...outer, length], depth + 1, found);
    else found.skipped.push({ path, reason: 'its length differs from step to step' });
  } else {
    const leaf = toLeaf(node, path, outer);
    if (typeof leaf === 'string') found.skipped.push({ path, reason: leaf });
    else found.leaves.push(leaf);
  }
}

/** The leaf, or why it is not read. */
function toLeaf(node: JsonObject, path: string, outer: readonly number[]): Leaf | string {
  const image = asObject(node['image']);
  const tensor = asObject(node['tensor']);
  if (asObject(node['text'])) return { ...TEXT, path, shape: outer };
  if (asObject(node['classLabel'])) return { ...TEXT, path, kind: 'number', dtype: 'int64', shape: outer };
  if (image) {
    const format = image['encodingFormat'];
    const dtype = typeof image['dtype'] === 'string' ? image['dtype'] : 'uint8';
    if (outer.length > 0) return 'it holds several pictures a step';
    if (dtype !== 'uint8' && dtype !== 'uint16') return `pictures of ${dtype} are not read`;
    return {
      path,
      kind: 'picture',
      dtype,
      shape: shapeOf(image) ?? [null, null, null],
      encoding: 'bytes',
      imageFormat: typeof format === 'string' && format !== '' ? format : null,
    };
  }
  if (!tensor) return 'its kind of feature is not read';
  const dtype = tensor['dtype'];
  const shape = shapeOf(tensor);
  const encoding = tensor['encoding'] ?? 'none';
  if (typeof dtype !== 'string' || !shape) return 'its type or shape is not stated';
  if (encoding !== 'none' && encoding !== 'bytes' && encoding !== 'zlib') return 'its encoding is not known';
  if (dtype === 'string') return { ...TEXT, path, shape: [...outer, ...shape] };
  if (!(dtype in ITEM_BYTES)) return `values of type ${dtype} are not read`;
  if (shape.includes(null)) return 'its shape differs from step to step';
  return { path, kind: 'number', dtype, shape: [...outer, ...shape], encoding, imageFormat: null };
}

const TEXT = { kind: 'text', dtype: 'string', encoding: 'none', imageFormat: null } as const;

/** Bytes of one value where a tensor is stored as a byte string. */
export const ITEM_BYTES: Readonly<Record<string, number>> = {
  bool: 1,
  uint8: 1,
  int8: 1,
  uint16: 2,
  int16: 2,
  uint32: 4,
  int32: 4,
  uint64: 8,
  int64: 8,
  float32: 4,
  float64: 8,
};

/** Lengths come as text; -1 is an open one. No lengths at all is one value. */
function shapeOf(node: JsonObject): (number | null)[] | null {
  const dimensions = asObject(node['shape'])?.['dimensions'] ?? [];
  if (!Array.isArray(dimensions) || dimensions.length > 8) return null;
  const lengths = dimensions.map(Number);
  if (!lengths.every((length) => Number.isSafeInteger(length) && length >= -1 && length < 2 ** 31)) return null;
  return lengths.map((length) => (length <= 0 ? null : length));
}

/** Values of one step. */
export function widthOf(leaf: Leaf): number {
  return leaf.shape.reduce<number>((product, length) => product * (length ?? 1), 1);
}
