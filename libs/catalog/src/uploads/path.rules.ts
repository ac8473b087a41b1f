import type { FileRole } from './upload.types.js';

const MAX_PATH_BYTES = 900;
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Why a path cannot be part of a dataset, or null when it can. */
export function pathProblem(path: string): string | null {
  if (path === '') return 'must not be empty';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `must be at most ${MAX_PATH_BYTES} bytes long`;
  if (CONTROL.test(path)) return 'must not contain control characters';
  if (path.includes('\\')) return 'must use "/" between folders, not "\\"';
  if (/[#?%]/.test(path)) return 'must not contain "#", "?" or "%", which break links to it';
  if (path.startsWith('/')) return 'must be relative';
  const segments = path.split('/');
  if (segments.some((s) => s === '' || s === '.' || s === '..')) return 'must not contain "", "." or ".." as a folder';
  if (segments[0] === '.bodega') return 'must not be inside ".bodega", which keeps the manifest of a download';
  if (path !== path.normalize('NFC')) return 'must be in Unicode normal form NFC';
  return null;
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  parquet: 'application/vnd.apache.parquet',
  json: 'application/json',
  jsonl: 'application/jsonl',
  mp4: 'video/mp4',
  md: 'text/markdown',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  txt: 'text/plain',
  png: 'image/png',
  jpg: 'image/jpeg',
};

export function mediaTypeOf(path: string): string {
  return MEDIA_TYPES[path.slice(path.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}

/** What a file is for, told by its place: recordings, video, tables about them, or anything else. */
export function roleOf(path: string): FileRole {
  if (/(^|\/)meta\//.test(path)) return 'meta';
  if (/\.(mp4|mkv|webm)$/i.test(path)) return 'video';
  if (/\.(parquet|hdf5|h5|mcap|bag|db3|tfrecord)/i.test(path)) return 'data';
  return 'other';
}

const MIB = 1 << 20;
/** A small part costs a round trip, a large one a long retry. */
const USUAL_PART_BYTES = 16 * MIB;
const MAX_PARTS = 10_000;

/** Size of every part but the last, such that S3's cap of 10,000 parts holds. */
export function partSizeOf(sizeBytes: number): number {
  const least = Math.ceil(sizeBytes / MAX_PARTS);
  return Math.max(USUAL_PART_BYTES, Math.ceil(least / MIB) * MIB);
}

export function partCountOf(sizeBytes: number, partSizeBytes: number): number {
  return Math.max(1, Math.ceil(sizeBytes / partSizeBytes));
}
