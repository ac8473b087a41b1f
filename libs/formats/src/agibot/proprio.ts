import type { EpisodeItem, SignalSpec } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import { arrayAt, isSignal } from '../hdf5/demo-fields.js';
import type { Hdf5Dataset } from '../hdf5/hdf5-dataset.js';
import type { Hdf5File } from '../hdf5/hdf5-file.js';
import { knownArray } from './known-arrays.js';

/** 2000 to 2100 in ns: a clock that counts from 1970, not from when the robot was switched on. */
const EPOCH_NS = { from: 946_684_800_000_000_000n, to: 4_102_444_800_000_000_000n };

/** One array of proprio_stats.h5 and the frames that its rows are about. */
export interface ProprioArray {
  readonly spec: SignalSpec;
  readonly dataset: Hdf5Dataset;
  /** Null if it has one row per frame. */
  readonly frames: Float64Array | null;
}

/** The arrays whose rows belong to frames, and the keys of those whose rows do not. */
export interface ProprioArrays {
  readonly placed: ReadonlyMap<string, ProprioArray>;
  readonly refused: ReadonlySet<string>;
}

/** The times of an episode. */
export interface ProprioClock {
  /** Seconds from the first frame. */
  readonly timesS: Float64Array;
  readonly startedAt: string | null;
}

/** Reads `timestamp`, in nanoseconds. Null if there is none. */
export function readClock(file: Hdf5File): ProprioClock | null {
  const dataset = file.dataset('/timestamp');
  if (!dataset || dataset.isEmpty) return null;
  if (dataset.dtype !== 'int64' && dataset.dtype !== 'uint64')
    throw new Defect('DTYPE_MISMATCH', 'timestamp is a list of whole nanoseconds', {
      expected: 'int64 (frames)',
      actual: `${dataset.dtype ?? 'unknown'} (${dataset.shape.join(', ')})`,
    });
  const ns = dataset.wholeNumbers();
  const start = ns[0] ?? 0n;
  return {
    timesS: Float64Array.from(ns, (time) => Number(time - start) / 1e9),
    startedAt:
      start >= EPOCH_NS.from && start < EPOCH_NS.to ? new Date(Number(start / 1_000_000n)).toISOString() : null,
  };
}

/**
 * The arrays of groups `state` and `action`, `<side>/<part>/<field>`. Empty ones are parts that the robot does not have.
 * What disagrees with the clock becomes a finding and is left out.
 */
export function arraysOf(file: Hdf5File, frames: number | null, log: FindingLog, place: FindingPlace): ProprioArrays {
  const placed = new Map<string, ProprioArray>();
  const refused = new Set<string>();
  for (const side of ['state', 'action'] as const) {
    if (!file.isGroup(`/${side}`)) continue;
    for (const part of file.members(`/${side}`)) {
      if (!file.isGroup(`/${side}/${part}`)) continue;
      for (const field of file.members(`/${side}/${part}`)) {
        if (field === 'index') continue;
        const key = `${side}/${part}/${field}`;
        const dataset = arrayAt(file, `/${key}`, log, place.path ?? '');
        if (!dataset || dataset.isEmpty || !isSignal(dataset, log, place.path ?? '')) continue;
        const named = framesOf(file, side, part, dataset, frames, log, place);
        if (named === 'unplaced') refused.add(key);
        else placed.set(key, { dataset, frames: named, spec: specOf(key, dataset, side, frames !== null) });
      }
    }
  }
  return { placed, refused };
}

/** The rows of an array, block by block, each with its time. */
export function* rowsOf(array: ProprioArray, clock: ProprioClock | null): Generator<EpisodeItem> {
  const { dataset, frames, spec } = array;
  for (const [from, to] of dataset.blocks()) {
    const timesS = !clock
      ? null
      : frames
        ? Float64Array.from(frames.subarray(from, to), (frame) => clock.timesS[frame] ?? NaN)
        : clock.timesS.slice(from, to);
    yield { kind: 'rows', key: spec.key, rows: to - from, values: dataset.numbers(from, to), timesS };
  }
}

/** Commands may be fewer than frames: their `index` says which frames they are for. */
function framesOf(
  file: Hdf5File,
  side: 'state' | 'action',
  part: string,
  dataset: Hdf5Dataset,
  frames: number | null,
  log: FindingLog,
  place: FindingPlace,
): Float64Array | null | 'unplaced' {
  if (frames === null || dataset.rows === frames) return null;
  const index = side === 'action' && dataset.rows < frames ? indexOf(file, part) : null;
  if (!index || index.length !== dataset.rows) {
    log.add(
      'LENGTH_MISMATCH',
      `${dataset.path.slice(1)} has ${dataset.rows > frames ? 'more' : 'fewer'} rows than timestamp${side === 'action' ? ', and its index does not say which frames they are for' : ''}`,
      {
        ...place,
        expected: `${frames} rows`,
        actual: `${dataset.rows} rows${index ? `, ${index.length} in index` : ''}`,
      },
    );
    return 'unplaced';
  }
  const wrong = index.findIndex((frame, row) => !(frame >= 0 && frame < frames && frame > (index[row - 1] ?? -1)));
  if (wrong < 0) return index;
  log.add('INDEX_GAP', `action/${part}/index does not name frames of the episode one after the other`, {
    ...place,
    row: wrong,
    expected: `0 to ${frames - 1}, ascending`,
    actual: `${index[wrong] ?? 'nothing'}`,
  });
  return 'unplaced';
}

/** The index of a part; the end effector's pose goes by that of the joints where its own is empty. */
function indexOf(file: Hdf5File, part: string): Float64Array | null {
  for (const name of part === 'end' ? ['end', 'joint'] : [part]) {
    const dataset = file.dataset(`/action/${name}/index`);
    if (!dataset || dataset.isEmpty || dataset.shape.length !== 1 || !dataset.isNumeric) continue;
    const index = new Float64Array(dataset.rows);
    for (const [from, to] of dataset.blocks()) index.set(dataset.numbers(from, to), from);
    return index;
  }
  return null;
}

function specOf(key: string, dataset: Hdf5Dataset, role: 'state' | 'action', hasClock: boolean): SignalSpec {
  return {
    key,
    role,
    dtype: dataset.dtype ?? '',
    shape: dataset.rowShape,
    ...knownArray(key, dataset.width),
    clock: hasClock ? 'own' : 'frames',
    nominalRateHz: null,
  };
}
