import type { CameraSpec, ImageItem, Known } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { Fields } from './ros-message.js';

/** What one message holds for an episode: one row of a signal, one picture, or a text. */
export type MessagePart = NumberPart | PicturePart | TextPart;

export interface NumberPart {
  readonly kind: 'numbers';
  /** Follows the topic in the signal's key: `/position`, or nothing. */
  readonly suffix: string;
  readonly dtype: string;
  readonly values: ArrayLike<number>;
  /** One per value, or empty. */
  readonly names: readonly string[];
  readonly unit: Known<string>;
}

export interface PicturePart {
  readonly kind: 'picture';
  readonly camera: CameraSpec['kind'];
  readonly depthUnit?: 'm' | 'mm';
  readonly encoding: ImageItem['encoding'];
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
}

export const known = (value: string): Known<string> => ({ value });
export const unknown = (reason: string): Known<string> => ({ value: null, reason });

/** A nested message. */
export function nested(fields: Fields, name: string): Fields {
  const value = fields[name];
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value))
    return value as Fields;
  throw new Defect('BAD_MESSAGE', `the message has no part "${name}"`);
}

/** One number. Protobuf and JSON leave zeros and false out. */
export function number(fields: Fields, name: string): number {
  return toNumber(fields[name], name);
}

/** A list of numbers; empty where the field is left out. */
export function numbers(fields: Fields, name: string): ArrayLike<number> {
  const value = fields[name] ?? [];
  if (value instanceof Float64Array || value instanceof Float32Array || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map((entry) => toNumber(entry, name));
  throw new Defect('BAD_MESSAGE', `"${name}" of the message is not a list of numbers`);
}

/** A list of texts; empty where the field is left out or holds something else. */
export function texts(fields: Fields, name: string): string[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function text(fields: Fields, name: string): string {
  const value = fields[name] ?? '';
  if (typeof value !== 'string') throw new Defect('BAD_MESSAGE', `"${name}" of the message is not a text`);
  return value;
}

/** Bytes; JSON carries them as base64. */
export function bytes(fields: Fields, name: string): Uint8Array {
  const value = fields[name] ?? '';
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return Buffer.from(value, 'base64');
  throw new Defect('BAD_MESSAGE', `"${name}" of the message does not hold bytes`);
}

function toNumber(value: unknown, name: string): number {
  if (value === undefined) return 0;
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'bigint' && BigInt(Number(value)) === value) return Number(value);
  throw new Defect('BAD_MESSAGE', `"${name}" of the message is not a number that can be counted on`);
}

/** The sensor's own time, ns; null where there is none or it was never set. */
export function stampNs(fields: Fields): bigint | null {
  const header = fields['header'];
  const stamp = isFields(header) ? header['stamp'] : fields['timestamp'];
  if (!isFields(stamp)) return null;
  const seconds = stamp['sec'] ?? stamp['seconds'] ?? 0;
  const rest = stamp['nsec'] ?? stamp['nanosec'] ?? stamp['nanos'] ?? 0;
  if (!isInteger(seconds) || !isInteger(rest)) return null;
  const ns = BigInt(seconds) * 1_000_000_000n + BigInt(rest);
  return ns === 0n ? null : ns;
}

/** Coordinate frame of the header, where it has one. */
export function frameOf(fields: Fields): string | null {
  const header = fields['header'];
  const frame = isFields(header) ? header['frame_id'] : fields['frame_id'];
  return typeof frame === 'string' && frame !== '' ? frame.slice(0, 200) : null;
}

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isInteger = (value: unknown): value is number | bigint =>
  typeof value === 'bigint' || Number.isSafeInteger(value);
