import { Defect } from '../defect.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { Example } from './example.js';
import { byteStrings, countByteStrings, NumberCursor } from './example.js';
import type { Leaf } from './features.js';
import { widthOf } from './features.js';

/** An episode of a million steps is eleven hours at 25 Hz. */
const MAX_STEPS = 1_000_000;

/** Steps of an episode: the length of `is_first`, else that of the first leaf that is there. */
export function countSteps(record: Uint8Array, example: Example, leaves: readonly Leaf[]): number {
  const flag = leaves.find((leaf) => leaf.path === 'steps/is_first');
  for (const leaf of flag ? [flag, ...leaves] : leaves) {
    const list = example.get(leaf.path);
    if (!list || list.kind === 'empty') continue;
    const steps =
      list.kind === 'bytes'
        ? countByteStrings(record, list)
        : Math.floor(NumberCursor.count(record, list) / widthOf(leaf));
    if (steps > MAX_STEPS)
      throw new Defect('TOO_LARGE', 'the episode has too many steps: split it', {
        expected: `at most ${MAX_STEPS}`,
        actual: `${steps}`,
      });
    return steps;
  }
  return 0;
}

/** The first `limit` numbers of a feature; fewer if there are fewer, none if it is not of numbers. */
export function numbersOf(record: Uint8Array, example: Example, path: string, limit: number): Float64Array {
  const list = example.get(path);
  if (!list || (list.kind !== 'ints' && list.kind !== 'floats')) return new Float64Array(0);
  const values = new Float64Array(Math.min(limit, NumberCursor.count(record, list)));
  new NumberCursor(record, list).take(values.length, values);
  return values;
}

/** The first text of a feature; null if it has none. */
export function textOf(record: Uint8Array, example: Example, path: string): string | null {
  const list = example.get(path);
  if (list?.kind !== 'bytes') return null;
  const first = byteStrings(record, list).next();
  return first.done === true ? null : new TextDecoder().decode(first.value.subarray(0, 65_536));
}

/**
 * `is_first` is true at the first step only, `is_last` at the last only.
 * @see https://github.com/google-research/rlds#dataset-format
 */
export function checkStepFlags(
  record: Uint8Array,
  example: Example,
  steps: number,
  log: FindingLog,
  place: FindingPlace,
): void {
  const first = numbersOf(record, example, 'steps/is_first', steps);
  const strayFirst = first.findIndex((value, step) => value !== 0 && step > 0);
  if (first.length > 0 && (first[0] === 0 || strayFirst >= 0))
    log.add(
      'BAD_TFRECORD',
      'is_first must be true at the first step and at no other: episodes are cut or joined wrongly',
      {
        ...place,
        row: Math.max(0, strayFirst),
      },
    );
  const last = numbersOf(record, example, 'steps/is_last', steps);
  const at = last.findIndex((value) => value !== 0);
  if (last.length > 0 && at < 0)
    log.add('BAD_TFRECORD', 'no step is marked is_last: the episode was cut before its end', {
      ...place,
      severity: 'warning',
    });
  else if (at >= 0 && at < steps - 1)
    log.add('BAD_TFRECORD', 'is_last must be true at the last step and at no other: episodes are joined wrongly', {
      ...place,
      row: at,
    });
}
