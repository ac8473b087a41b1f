/** `error` means the set cannot be listed; `warning` means the buyer is told. */
export type FindingSeverity = 'error' | 'warning';

/** Every code that a reader can report, with the severity that it has unless the reader says otherwise. */
export const FINDING_SEVERITIES = {
  UNKNOWN_FORMAT: 'error',
  UNSUPPORTED_FORMAT: 'error',
  UNKNOWN_VERSION: 'error',
  UNSUPPORTED_VERSION: 'error',
  MULTIPLE_DATASETS: 'error',
  PATH_REFUSED: 'error',
  SYMLINK_FILE: 'error',
  LFS_POINTER: 'error',
  TRUNCATED_FILE: 'error',
  BAD_MAGIC: 'error',
  BAD_PARQUET: 'error',
  PARQUET_UNSUPPORTED: 'error',
  MISSING_INFO: 'error',
  INFO_INVALID: 'error',
  INFO_FIELD_MISSING: 'error',
  METADATA_INVALID: 'error',
  METADATA_ONLY: 'error',
  MISPLACED_FILE: 'error',
  MISSING_EPISODES: 'error',
  EPISODE_FIELD_MISSING: 'error',
  MISSING_DATA_FILE: 'error',
  MISSING_VIDEO: 'error',
  EPISODE_COUNT_MISMATCH: 'error',
  FRAME_COUNT_MISMATCH: 'error',
  LENGTH_MISMATCH: 'error',
  INDEX_GAP: 'error',
  EPISODE_INDEX_GAP: 'error',
  TIMESTAMP_NOT_MONOTONIC: 'error',
  TIMESTAMP_TOLERANCE: 'error',
  TASKS_MISSING: 'error',
  TASKS_INDEX_MISSING: 'error',
  TASK_INDEX_UNKNOWN: 'error',
  FEATURE_MISSING: 'error',
  FEATURE_UNDECLARED: 'error',
  FEATURE_SHAPE_MISMATCH: 'error',
  DTYPE_MISMATCH: 'error',
  NULL_VALUE: 'error',
  NAN_OR_INF: 'error',
  EMPTY_EPISODE: 'error',
  EMPTY_IMAGE: 'error',
  IMAGE_INVALID: 'error',
  VIDEO_INVALID: 'error',
  VIDEO_UNSUPPORTED: 'error',
  VIDEO_FRAME_MISMATCH: 'error',
  VIDEO_SIZE_MISMATCH: 'error',
  VIDEO_SPAN_OUT_OF_RANGE: 'error',
  VIDEO_SPAN_OVERLAP: 'error',
  BAD_HDF5: 'error',
  BAD_MCAP: 'error',
  BAD_BAG: 'error',
  BAD_TFRECORD: 'error',
  BAD_ZARR: 'error',
  BAD_ARCHIVE: 'error',
  BAD_MESSAGE: 'error',
  CRC_MISMATCH: 'error',
  SHARD_COUNT_MISMATCH: 'error',
  EPISODE_ENDS_INVALID: 'error',
  MISSING_CHUNK: 'error',
  EXPANSION_LIMIT: 'error',
  TOO_LARGE: 'error',
  EMPTY_RECORDING: 'error',
  VIDEO_UNDECODABLE: 'error',
  CODEC_UNSUPPORTED: 'error',
  RECOVERED: 'warning',
  NO_SUMMARY: 'warning',
  STALE_PATHS: 'warning',
  CHANNEL_SKIPPED: 'warning',
  CLOCK_JUMP: 'warning',
  FPS_UNKNOWN: 'warning',
  ROBOT_UNKNOWN: 'warning',
  FROZEN_VIDEO: 'warning',
  PADDED_TAIL: 'warning',
  EMPTY_CAMERA_PLACEHOLDER: 'warning',
  PRIVATE_PATH_IN_DATA: 'warning',
  ACTION_OUT_OF_RANGE: 'warning',
  SPLIT_MISSING: 'warning',
  NOT_DECODED: 'warning',
  STATS_MISSING: 'warning',
  STATS_MISMATCH: 'warning',
  CODEC_DECLARED_WRONG: 'warning',
  CODEC_UNUSUAL: 'warning',
  FPS_FRACTIONAL: 'warning',
  SUCCESS_UNKNOWN: 'warning',
  TASK_TEXT_MISSING: 'warning',
  TASK_TEXT_GENERIC: 'warning',
  TASK_COUNT_MISMATCH: 'warning',
  UNITS_UNKNOWN: 'warning',
  CONSTANT_CHANNEL: 'warning',
  DUPLICATE_EPISODE: 'warning',
  EXTRA_FILES: 'warning',
} as const satisfies Record<string, FindingSeverity>;

/** Name of a defect or remark, stable for callers. */
export type FindingCode = keyof typeof FINDING_SEVERITIES;

/** One thing wrong (or worth saying) about a dataset, and where it is. */
export interface Finding {
  code: FindingCode;
  severity: FindingSeverity;
  message: string;
  path?: string;
  row?: number;
  episode?: number;
  camera?: string;
  expected?: string;
  actual?: string;
}

/** Where a finding is; severity only to depart from the code's own. */
export type FindingPlace = Partial<Omit<Finding, 'code' | 'message'>>;

/** Collects findings up to a bound. The first of every code is always kept, the rest are counted. */
export class FindingLog {
  private readonly kept: Finding[] = [];
  private readonly counts = new Map<FindingCode, { seen: number; kept: number; severity: FindingSeverity }>();
  private readonly onceKeys = new Set<string>();

  constructor(private readonly maxFindings: number) {}

  add(code: FindingCode, message: string, place: FindingPlace = {}): void {
    const severity = place.severity ?? FINDING_SEVERITIES[code];
    const count = this.counts.get(code) ?? { seen: 0, kept: 0, severity };
    this.counts.set(code, count);
    count.seen += 1;
    if (severity === 'error') count.severity = severity;
    if (this.kept.length >= this.maxFindings && count.kept > 0) return;
    count.kept += 1;
    this.kept.push({ code, message: clip(message), ...place, severity });
  }

  /** Adds once per `key`: for what would otherwise be said again in every file. */
  addOnce(key: string, code: FindingCode, message: string, place: FindingPlace = {}): void {
    const full = `${code}|${key}`;
    if (this.onceKeys.has(full)) return;
    if (this.onceKeys.size < 10_000) this.onceKeys.add(full);
    this.add(code, message, place);
  }

  get hasErrors(): boolean {
    return [...this.counts.values()].some((count) => count.severity === 'error');
  }

  countOf(code: FindingCode): number {
    return this.counts.get(code)?.seen ?? 0;
  }

  /** The kept findings, then one line per code of which more were seen. */
  toList(): Finding[] {
    const list = [...this.kept];
    for (const [code, count] of this.counts) {
      if (count.seen > count.kept) {
        list.push({
          code,
          severity: count.severity,
          message: `${count.seen - count.kept} more of this kind are not listed`,
        });
      }
    }
    return list;
  }
}

/** Names in the data, and what decoders say of it, may be long, of many lines or hostile; a report line is not. */
function clip(message: string): string {
  const line = message
    .slice(0, 1_000)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > 500 ? `${line.slice(0, 497)}...` : line;
}
