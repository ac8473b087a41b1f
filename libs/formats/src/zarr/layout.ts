import type { CameraSpec, ImageItem, Known, SignalSpec } from '../dataset-source.js';
import type { StreamRole } from '../episode-model.js';
import type { ArrayInfo } from './array-info.js';

/** Wider rows are maps or clouds, not channels. */
const MAX_CHANNELS = 4096;
const MIN_PICTURE_SIDE = 8;

/** Compressors whose chunk is one picture file, handed on as it is. */
const PICTURE_CODECS: Readonly<Record<string, ImageItem['encoding']>> = {
  imagecodecs_jpegxl: 'jxl',
  imagecodecs_jpeg: 'jpeg',
  imagecodecs_png: 'png',
  imagecodecs_webp: 'webp',
};

/** An array of `data/` as the signal that it becomes. */
export interface SignalArray {
  readonly info: ArrayInfo;
  readonly spec: SignalSpec;
}

/** An array of `data/` as the camera that it becomes. */
export interface CameraArray {
  readonly info: ArrayInfo;
  readonly spec: CameraSpec;
  readonly encoding: ImageItem['encoding'];
  /** `coded`: a chunk is a picture file. `channels-first`: rows are 3 x H x W. */
  readonly storage: 'coded' | 'pixels' | 'channels-first';
}

/** What an array becomes; a text is why it is not read. */
export type ArrayUse = { signal: SignalArray } | { camera: CameraArray } | { skipped: string };

/** True for the layout of UMI's recorder: poses of grippers beside wrist cameras. */
export function isUmi(paths: readonly string[]): boolean {
  return (
    paths.some((path) => /^data\/robot\d+_eef_pos$/.test(path)) &&
    paths.some((path) => /^data\/camera\d+_rgb$/.test(path))
  );
}

/** Decides by shape, type and name what an array of `data/` is. */
export function useOf(info: ArrayInfo, hasUmiUnits: boolean): ArrayUse {
  const key = info.path.replace(/^data\//, '').replaceAll('/', '.');
  const width = info.shape.slice(1).reduce((product, length) => product * length, 1);
  if (!info.dtype) return { skipped: 'it does not hold numbers of a type that is read' };
  const picture = pictureOf(info, key);
  if (picture) return { camera: { info, ...picture } };
  if (width > MAX_CHANNELS) return { skipped: `it has ${width} values a step` };
  if (width === 0) return { skipped: 'it has no values' };
  return { signal: { info, spec: signalOf(info, key, hasUmiUnits) } };
}

function pictureOf(info: ArrayInfo, key: string): Omit<CameraArray, 'info'> | null {
  const [, a = 0, b = 0, c = 0] = info.shape;
  const isNamed = /im(g|age)|rgb|camera|cam\d*$|depth/i.test(key);
  const isDepth = /depth/i.test(key);
  const camera = (width: number, height: number, declaredCodec: string): CameraSpec => ({
    key,
    name: key,
    kind: isDepth ? 'depth' : 'rgb',
    carrier: 'images',
    width,
    height,
    nominalRateHz: null,
    clock: 'frames',
    declaredCodec,
  });
  const isSized = (height: number, width: number) => height >= MIN_PICTURE_SIDE && width >= MIN_PICTURE_SIDE;
  if (info.shape.length === 4 && isSized(a, b) && (c === 3 || c === 1)) {
    const coded = info.compressor ? PICTURE_CODECS[info.compressor.id] : undefined;
    const isOnePicture = info.chunks.every((length, axis) => length === (axis === 0 ? 1 : info.shape[axis]));
    if (coded && isOnePicture) return { spec: camera(b, a, coded), encoding: coded, storage: 'coded' };
    if (c === 3 && (info.dtype === 'uint8' || isNamed))
      return { spec: camera(b, a, 'rgb8'), encoding: 'rgb8', storage: 'pixels' };
    const encoding = c === 1 ? singleChannel(info, isNamed) : null;
    return encoding && { spec: camera(b, a, encoding), encoding, storage: 'pixels' };
  }
  if (info.shape.length === 4 && a === 3 && isSized(b, c) && (info.dtype === 'uint8' || isNamed))
    return { spec: camera(c, b, 'rgb8'), encoding: 'rgb8', storage: 'channels-first' };
  const encoding = info.shape.length === 3 && isSized(a, b) && isNamed ? singleChannel(info, isNamed) : null;
  return encoding && { spec: camera(b, a, encoding), encoding, storage: 'pixels' };
}

function singleChannel({ dtype }: ArrayInfo, isNamed: boolean): ImageItem['encoding'] | null {
  if (dtype === 'uint8') return 'gray8';
  if (!isNamed) return null;
  return dtype === 'uint16' ? 'gray16le' : dtype === 'float32' ? 'depth32f' : null;
}

function signalOf(info: ArrayInfo, key: string, hasUmiUnits: boolean): SignalSpec {
  const umi = hasUmiUnits ? UMI_SIGNALS.find(({ pattern }) => pattern.test(key)) : undefined;
  return {
    key,
    role: roleOf(key),
    dtype: info.dtype ?? '',
    shape: info.shape.slice(1),
    names: umi?.names ?? [],
    unit: umi ? { value: umi.unit } : NO_UNIT,
    clock: 'frames',
    nominalRateHz: null,
    source: info.path,
  };
}

const NO_UNIT: Known<string> = { value: null, reason: 'a replay buffer states no units' };

/** @see https://github.com/real-stanford/universal_manipulation_interface */
const UMI_SIGNALS = [
  { pattern: /^robot\d+_eef_pos$/, unit: 'm', names: ['x', 'y', 'z'] },
  { pattern: /^robot\d+_eef_rot_axis_angle$/, unit: 'rad', names: ['rx', 'ry', 'rz'] },
  { pattern: /^robot\d+_gripper_width$/, unit: 'm', names: ['gripper_width'] },
] as const;

function roleOf(key: string): StreamRole {
  if (/^actions?([._]|$)/i.test(key)) return 'action';
  if (/^time(stamp)?s?$/i.test(key)) return 'time';
  if (/^rewards?$/i.test(key)) return 'reward';
  if (/^(dones?|terminals?|success)$/i.test(key)) return 'done';
  // UMI keeps the first and the last pose of a demonstration at every one of its steps.
  if (/demo_(start|end)_pose|embedding/i.test(key)) return 'other';
  return /state|pos|rot|eef|gripper|joint|qpos|qvel|keypoint|^obs/i.test(key) ? 'state' : 'other';
}
