import type { StreamRole } from '../episode-model.js';
import { asCount, asObject } from '../text/json.js';

/** One entry of `features` in info.json. */
export interface Feature {
  readonly key: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly names: readonly string[];
  readonly role: StreamRole;
  /** The `info` of a video feature. */
  readonly declared: Readonly<Record<string, unknown>>;
  readonly isDepth: boolean;
}

/** The features that every set carries and the recorder fills. */
export const ROW_FEATURES = ['timestamp', 'frame_index', 'episode_index', 'index', 'task_index'] as const;

const INDEX_KEYS = new Set<string>(['frame_index', 'episode_index', 'index', 'task_index']);

/** Reads one feature; null if its dtype or shape is unreadable. */
export function toFeature(key: string, value: unknown): Feature | null {
  const object = asObject(value);
  if (!object || typeof object.dtype !== 'string' || !Array.isArray(object.shape)) return null;
  const shape = object.shape.map(asCount);
  if (!shape.every((length): length is number => length !== null)) return null;
  const declared = asObject(object.info) ?? asObject(object.video_info) ?? {};
  const isDepth = declared['is_depth_map'] === true || declared['video.is_depth_map'] === true;
  return {
    key,
    dtype: object.dtype,
    shape,
    names: flattenNames(object.names),
    role: roleOf(key, object.dtype),
    declared,
    isDepth,
  };
}

/** Names come as null, a list, a list in a list, or an object of lists. Deeper than that is not a list of names. */
export function flattenNames(names: unknown, depth = 0): string[] {
  if (depth > 4) return [];
  if (Array.isArray(names))
    return names.flatMap((name: unknown) => (typeof name === 'string' ? [name] : flattenNames(name, depth + 1)));
  const object = asObject(names);
  return object ? Object.values(object).flatMap((inner) => flattenNames(inner, depth + 1)) : [];
}

function roleOf(key: string, dtype: string): StreamRole {
  if (dtype === 'video' || dtype === 'image') return dtype;
  if (dtype === 'string' || dtype === 'language' || key.startsWith('language_')) return 'language';
  if (key === 'timestamp') return 'time';
  // GR00T keeps annotations as columns of task indices.
  if (INDEX_KEYS.has(key) || (key.startsWith('annotation.') && /^u?int/.test(dtype))) return 'index';
  if (key === 'next.reward') return 'reward';
  if (key === 'next.done' || key === 'next.success' || key === 'next.truncated') return 'done';
  if (key === 'action' || key === 'actions' || key.startsWith('action.')) return 'action';
  if (key === 'state' || key.startsWith('observation.')) return 'state';
  return 'other';
}

/** Camera name: the key without the customary prefix. */
export function cameraName(key: string): string {
  return key.replace(/^observation\.images?\./, '');
}

/** Declared height and width. Most sets write [h,w,c], some [c,h,w]; names tell, else the position of the 1 or 3. */
export function declaredSize(feature: Feature): { height: number; width: number } | null {
  const { shape, names } = feature;
  const height = shape[names.indexOf('height')];
  const width = shape[names.indexOf('width')];
  if (height !== undefined && width !== undefined) return { height, width };
  const [a, b, c] = shape;
  if (a === undefined || b === undefined || c === undefined) return null;
  return a <= 4 && c > 4 ? { height: b, width: c } : { height: a, width: b };
}
