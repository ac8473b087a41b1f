import { RENDITION_TARGETS, isSameAsTarget } from '../rendition-target.js';
import type { RenditionTarget } from '../rendition-target.js';

export const RENDITION_STATES = ['queued', 'making', 'ready', 'failed'] as const;
export type RenditionState = (typeof RENDITION_STATES)[number];

/** Versions that buyers can see and licensees still use. */
const STANDARDIZED: readonly string[] = ['published', 'superseded'];

/** The standard forms that a version lacks: those that it does not have by itself. None of one that is not on the shelf. */
export function missingTargets(version: {
  readonly status: string;
  readonly format: string | null;
  readonly formatVersion: string | null;
}): RenditionTarget[] {
  if (!STANDARDIZED.includes(version.status) || version.format === null) return [];
  return RENDITION_TARGETS.filter((target) => !isSameAsTarget(target, version.format, version.formatVersion));
}

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  parquet: 'application/vnd.apache.parquet',
  mp4: 'video/mp4',
  json: 'application/json',
  jsonl: 'application/jsonl',
};

export function mediaTypeOf(path: string): string {
  return MEDIA_TYPES[path.slice(path.lastIndexOf('.') + 1)] ?? 'application/octet-stream';
}

/** The version that has another form. */
export interface RenditionOwner {
  readonly id: string;
  readonly datasetId: string;
}

/** Where the objects of a rendition are; named like the version's own, so that every byte served is laid to its dataset. The same source gives the same bytes, so a second run writes over the first. */
export function renditionFolder(version: RenditionOwner, target: RenditionTarget): string {
  return `renditions/${version.datasetId}/${version.id}/${target}/`;
}
