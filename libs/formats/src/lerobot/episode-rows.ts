import type { Hash } from 'node:crypto';
import type { FeatureStats } from '../episode-model.js';
import { readImageHeader } from '../images/image-header.js';
import type { NumberArray } from '../parquet/values.js';
import { FeatureAccumulator } from '../stats/feature-stats.js';
import type { CameraTallies } from './camera-tallies.js';
import type { DataFile, ImageColumn, NumericColumn } from './data-file.js';
import { blockRows } from './data-file.js';
import { cameraName, declaredSize } from './features.js';
import type { EpisodeMeta, Reading } from './reading.js';
import { report } from './reading.js';
import type { RowCheck } from './row-checks.js';
import { OutcomeCheck, SequenceCheck, TaskCheck, TimestampCheck } from './row-checks.js';
import type { TaskTable } from './tasks.js';

/** What the rows of one episode say. */
export interface RowsMeasure {
  readonly stats: Record<string, FeatureStats>;
  readonly taskIndices: readonly number[];
  readonly outcome: 'success' | 'failure' | null;
  readonly outcomeSource: 'flag' | 'reward' | null;
  readonly lastIndex: number | null;
}

/** Reads `rows` rows column by column: checks, statistics and, for action and state, the content hash. */
export async function measureRows(
  reading: Reading,
  file: DataFile,
  meta: EpisodeMeta,
  rows: number,
  startIndex: number,
  tasks: TaskTable | null,
  hash: Hash,
  cameras: CameraTallies,
): Promise<RowsMeasure> {
  const { log, info, files } = reading;
  const place = { path: files.full(file.path), episode: meta.index };
  const outcome = new OutcomeCheck();
  const indexCheck = new SequenceCheck('index', startIndex, log, place, file.row);
  const taskCheck = new TaskCheck(tasks, log, place, file.row);
  const checks = new Map<string, RowCheck>([
    ['timestamp', new TimestampCheck(info.fps.num / info.fps.den, log, place, file.row)],
    ['frame_index', new SequenceCheck('frame_index', 0, log, place, file.row)],
    ['index', indexCheck],
    ['task_index', taskCheck],
    ['next.success', { add: (values) => outcome.addSuccess(values) }],
    ['next.reward', { add: (values) => outcome.addReward(values) }],
  ]);
  const stats: [string, FeatureStats][] = [];
  for (const column of [...file.columns]) {
    if (column.kind === 'text') continue;
    try {
      await file.align(column);
      if (column.kind === 'images') await measureImages(reading, file, column, rows, meta, hash, cameras);
      else {
        const measured = await measureNumbers(
          reading,
          file,
          column,
          rows,
          meta,
          checks.get(column.feature.key) ?? null,
          hash,
        );
        if (measured) stats.push([column.feature.key, measured]);
      }
    } catch (error) {
      report(log, error, place);
      file.drop(column);
    }
  }
  return {
    stats: Object.fromEntries(stats),
    taskIndices: [...taskCheck.seen],
    ...outcome.finish(),
    lastIndex: indexCheck.last,
  };
}

async function measureNumbers(
  reading: Reading,
  file: DataFile,
  { feature, column, mustBeWhole }: NumericColumn,
  rows: number,
  meta: EpisodeMeta,
  check: RowCheck | null,
  hash: Hash,
): Promise<FeatureStats | null> {
  const { role, key } = feature;
  const place = { path: reading.files.full(file.path), episode: meta.index };
  const stats = role === 'index' ? null : new FeatureAccumulator(column.width, column.leaf.type === 'FLOAT');
  const isContent = role === 'action' || role === 'state';
  if (isContent)
    hash.update(
      `${key}\n${column.leaf.type === 'FLOAT' ? 'f4' : column.leaf.type === 'DOUBLE' ? 'f8' : 'i8'}\n${column.width}\n${rows}\n`,
    );
  const step = blockRows(column.width);
  let isWhole = true;
  for (let done = 0; done < rows; done += step) {
    const values = await column.read(Math.min(step, rows - done));
    check?.add(values);
    stats?.add(values);
    if (isContent) hash.update(littleEndian(values, column.leaf.type));
    if (mustBeWhole && isWhole) {
      const wrong = values.findIndex((value: number) => !Number.isInteger(value));
      if (wrong >= 0) {
        isWhole = false;
        reading.log.add('DTYPE_MISMATCH', `column ${key} holds a value that is not whole`, {
          ...place,
          row: file.row + done + Math.floor(wrong / column.width),
          expected: feature.dtype,
          actual: `${values[wrong]}`,
        });
      }
    }
  }
  // The timestamp check has said it already.
  if (stats && stats.firstNonFiniteRow >= 0 && key !== 'timestamp') {
    reading.log.add('NAN_OR_INF', `${key} has a value that is not a finite number`, {
      ...place,
      row: file.row + stats.firstNonFiniteRow,
    });
  }
  return stats?.finish() ?? null;
}

/** The bytes of the values as stored; whole numbers as int64 whatever their width. */
function littleEndian(values: NumberArray, type: string): Uint8Array {
  if (type === 'FLOAT' || type === 'DOUBLE') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const whole = BigInt64Array.from(values as Float64Array, (value) =>
    Number.isSafeInteger(value) ? BigInt(value) : 0n,
  );
  return new Uint8Array(whole.buffer);
}

async function measureImages(
  reading: Reading,
  file: DataFile,
  { feature, column }: ImageColumn,
  rows: number,
  meta: EpisodeMeta,
  hash: Hash,
  cameras: CameraTallies,
): Promise<void> {
  const size = declaredSize(feature);
  const place = { path: reading.files.full(file.path), episode: meta.index, camera: cameraName(feature.key) };
  hash.update(`${feature.key}\nimages\n${rows}\n`);
  let hasReported = false;
  for (let r = 0; r < rows; r += 1) {
    const bytes = (column.take() ?? (await column.load())).strings[0];
    const row = file.row + r;
    if (!bytes || bytes.byteLength === 0) {
      if (!hasReported)
        reading.log.add('EMPTY_IMAGE', 'a row names an image but does not hold its bytes', { ...place, row });
      hasReported = true;
      continue;
    }
    hash.update(bytes);
    const header = readImageHeader(bytes);
    if (header) cameras.addImage(feature, header, bytes.byteLength);
    if (hasReported) continue;
    if (!header) {
      hasReported = true;
      reading.log.add('IMAGE_INVALID', 'an embedded image is neither PNG nor JPEG', { ...place, row });
    } else if (size && (header.width !== size.width || header.height !== size.height)) {
      hasReported = true;
      reading.log.add('VIDEO_SIZE_MISMATCH', 'an image has another size than declared', {
        ...place,
        row,
        expected: `${size.width}x${size.height}`,
        actual: `${header.width}x${header.height}`,
      });
    }
  }
}
