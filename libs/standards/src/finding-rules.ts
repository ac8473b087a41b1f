import type { Finding, FindingCode } from '@app/formats';
import type { RulePlace } from './profile.js';

/** The rule that a finding of severity `error` fails. Exhaustive, so that a new code cannot be forgotten. */
export const RULE_OF_FINDING: Readonly<Record<FindingCode, string>> = {
  UNKNOWN_FORMAT: 'FM-1',
  UNSUPPORTED_FORMAT: 'FM-1',
  UNKNOWN_VERSION: 'FM-1',
  UNSUPPORTED_VERSION: 'FM-1',
  MULTIPLE_DATASETS: 'FM-1',
  PATH_REFUSED: 'ID-2',
  SYMLINK_FILE: 'ID-2',
  LFS_POINTER: 'ID-2',
  TRUNCATED_FILE: 'FM-1',
  BAD_MAGIC: 'FM-1',
  BAD_PARQUET: 'FM-1',
  PARQUET_UNSUPPORTED: 'FM-1',
  MISSING_INFO: 'FM-1',
  INFO_INVALID: 'FM-1',
  INFO_FIELD_MISSING: 'FM-1',
  METADATA_INVALID: 'FM-1',
  METADATA_ONLY: 'ID-2',
  MISPLACED_FILE: 'FM-1',
  MISSING_EPISODES: 'ID-2',
  EPISODE_FIELD_MISSING: 'FM-1',
  MISSING_DATA_FILE: 'ID-2',
  MISSING_VIDEO: 'ID-2',
  EPISODE_COUNT_MISMATCH: 'ID-2',
  FRAME_COUNT_MISMATCH: 'ID-2',
  LENGTH_MISMATCH: 'ID-2',
  INDEX_GAP: 'ID-1',
  EPISODE_INDEX_GAP: 'ID-1',
  TIMESTAMP_NOT_MONOTONIC: 'TM-1',
  TIMESTAMP_TOLERANCE: 'TM-1',
  TASKS_MISSING: 'TK-1',
  TASKS_INDEX_MISSING: 'TK-1',
  TASK_INDEX_UNKNOWN: 'TK-1',
  TASK_TEXT_MISSING: 'TK-1',
  TASK_TEXT_GENERIC: 'TK-1',
  TASK_COUNT_MISMATCH: 'FM-1',
  FEATURE_MISSING: 'ST-1',
  FEATURE_UNDECLARED: 'ST-1',
  FEATURE_SHAPE_MISMATCH: 'ST-1',
  DTYPE_MISMATCH: 'ST-1',
  NULL_VALUE: 'ST-1',
  NAN_OR_INF: 'ST-1',
  EMPTY_EPISODE: 'ID-1',
  EMPTY_IMAGE: 'FM-1',
  IMAGE_INVALID: 'FM-1',
  VIDEO_INVALID: 'FM-1',
  VIDEO_UNSUPPORTED: 'FM-1',
  VIDEO_FRAME_MISMATCH: 'FM-1',
  VIDEO_SIZE_MISMATCH: 'ST-1',
  VIDEO_SPAN_OUT_OF_RANGE: 'FM-1',
  VIDEO_SPAN_OVERLAP: 'FM-1',
  BAD_HDF5: 'FM-1',
  BAD_MCAP: 'FM-1',
  BAD_BAG: 'FM-1',
  BAD_TFRECORD: 'FM-1',
  BAD_ZARR: 'FM-1',
  BAD_ARCHIVE: 'FM-1',
  BAD_MESSAGE: 'FM-1',
  CRC_MISMATCH: 'FM-1',
  SHARD_COUNT_MISMATCH: 'ID-2',
  EPISODE_ENDS_INVALID: 'ID-1',
  MISSING_CHUNK: 'ID-2',
  EXPANSION_LIMIT: 'FM-1',
  TOO_LARGE: 'FM-1',
  EMPTY_RECORDING: 'ID-1',
  VIDEO_UNDECODABLE: 'FM-1',
  CODEC_UNSUPPORTED: 'FM-1',
  RECOVERED: 'FM-1',
  NO_SUMMARY: 'FM-1',
  STALE_PATHS: 'FM-1',
  CHANNEL_SKIPPED: 'ST-1',
  CLOCK_JUMP: 'TM-1',
  FPS_UNKNOWN: 'ST-1',
  ROBOT_UNKNOWN: 'EM-1',
  FROZEN_VIDEO: 'TM-3',
  PADDED_TAIL: 'MO-2',
  EMPTY_CAMERA_PLACEHOLDER: 'ST-1',
  PRIVATE_PATH_IN_DATA: 'CO-2',
  ACTION_OUT_OF_RANGE: 'MO-1',
  SPLIT_MISSING: 'ID-2',
  NOT_DECODED: 'FM-1',
  STATS_MISSING: 'FM-1',
  STATS_MISMATCH: 'FM-1',
  CODEC_DECLARED_WRONG: 'ST-1',
  CODEC_UNUSUAL: 'ST-1',
  FPS_FRACTIONAL: 'ST-1',
  SUCCESS_UNKNOWN: 'TK-2',
  UNITS_UNKNOWN: 'ST-1',
  CONSTANT_CHANNEL: 'ST-1',
  DUPLICATE_EPISODE: 'DI-1',
  EXTRA_FILES: 'FM-1',
};

const MAX_PLACES = 10;

/** The error findings that speak against a rule. Where a profile lacks the rule of a code, FM-1 takes it. */
export function errorsAgainst(rule: string, findings: readonly Finding[], ruleIds: ReadonlySet<string>): Finding[] {
  return findings.filter((finding) => {
    if (finding.severity !== 'error') return false;
    const own = RULE_OF_FINDING[finding.code];
    return (ruleIds.has(own) ? own : 'FM-1') === rule;
  });
}

/** The first places of some findings. */
export function placesOf(findings: readonly Finding[]): RulePlace[] {
  return findings.slice(0, MAX_PLACES).map(({ path, episode, row }) => ({
    ...(path === undefined ? {} : { path }),
    ...(episode === undefined ? {} : { episode }),
    ...(row === undefined ? {} : { row }),
  }));
}
