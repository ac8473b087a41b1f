import { createHash } from 'node:crypto';
import type { FeatureStats } from '../episode-model.js';
import { readImageHeader } from '../images/image-header.js';
import { EpisodeChecks } from '../measuring/episode-checks.js';
import { storedBytes } from '../measuring/content-hash.js';
import type { StoredNumber } from '../measuring/content-hash.js';
import type { PictureFault } from '../measuring/picture-meter.js';
import { PictureMeter } from '../measuring/picture-meter.js';
import type { CameraTallies } from './camera-tallies.js';
import type { DataFile, ImageColumn, NumericColumn } from './data-file.js';
import { blockRows } from './data-file.js';
import type { EpisodeMeters } from './episode-meters.js';
import { toCamera } from './head.js';
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

/** Reads `rows` rows column by column: checks, statistics and, for action and state, motion and content. */
export async function measureRows(
  reading: Reading,
  file: DataFile,
  meta: EpisodeMeta,
  rows: number,
  startIndex: number,
  tasks: TaskTable | null,
  meters: EpisodeMeters,
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
      if (column.kind === 'images') await measureImages(reading, file, column, rows, meta, meters, cameras);
      else {
        const measured = await measureNumbers(
          reading,
          file,
          column,
          rows,
          meta,
          checks.get(column.feature.key) ?? null,
          meters,
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
  meters: EpisodeMeters,
): Promise<FeatureStats | null> {
  const { role, key } = feature;
  const place = { path: reading.files.full(file.path), episode: meta.index };
  const stats = role === 'index' ? null : meters.accumulators.of(key, column.width, column.leaf.type === 'FLOAT');
  const stored = storedForm(column.leaf.type);
  const content = role === 'action' || role === 'state' ? createHash('sha256') : null;
  const step = blockRows(column.width);
  let isWhole = true;
  for (let done = 0; done < rows; done += step) {
    const values = await column.read(Math.min(step, rows - done));
    check?.add(values);
    stats?.add(values);
    if (content) {
      content.update(storedBytes(values, stored));
      meters.motion.add(key, values);
    } else if (key === 'timestamp') meters.clockOf('frames').add(new Float64Array(values));
    else if (key === 'task_index') meters.tasks.add(values);
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
  if (content) meters.content.addSignal(key, stored, column.width, rows, content.digest());
  // The timestamp check has said it already.
  if (stats && stats.firstNonFiniteRow >= 0 && key !== 'timestamp') {
    reading.log.add('NAN_OR_INF', `${key} has a value that is not a finite number`, {
      ...place,
      row: file.row + stats.firstNonFiniteRow,
    });
  }
  return stats?.finish() ?? null;
}

function storedForm(type: string): StoredNumber {
  return type === 'FLOAT' ? 'f4' : type === 'DOUBLE' ? 'f8' : 'i8';
}

async function measureImages(
  reading: Reading,
  file: DataFile,
  { feature, column }: ImageColumn,
  rows: number,
  meta: EpisodeMeta,
  meters: EpisodeMeters,
  cameras: CameraTallies,
): Promise<void> {
  const { log, info } = reading;
  const place = { path: reading.files.full(file.path), episode: meta.index };
  const checks = new EpisodeChecks(log, place);
  const camera = toCamera(feature, info.fps.num / info.fps.den);
  const meter = new PictureMeter(camera, 0);
  let hasReported = false;
  for (let r = 0; r < rows; r += 1) {
    const bytes = (column.take() ?? (await column.load())).strings[0];
    const header = bytes ? readImageHeader(bytes) : null;
    let fault: PictureFault | null = null;
    if (bytes && header) {
      cameras.addImage(feature, header, bytes.byteLength);
      const { codec, width, height } = header;
      fault = meter.add({ kind: 'image', camera: feature.key, timeS: null, encoding: codec, width, height, bytes });
    } else {
      const isEmpty = !bytes || bytes.byteLength === 0;
      fault = isEmpty
        ? { code: 'EMPTY_IMAGE', message: 'a row names an image but does not hold its bytes' }
        : { code: 'IMAGE_INVALID', message: 'an embedded image is neither PNG nor JPEG' };
    }
    if (fault && !hasReported) checks.checkPicture(camera, file.row + r, fault);
    hasReported ||= fault !== null;
  }
  meter.finish(meters.content);
  if (!hasReported) checks.checkStillness(meter);
  // A picture in a row is of the row's time.
  meters.noteCameraOffset(0);
}
