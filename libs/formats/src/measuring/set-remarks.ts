import type { DatasetMeasure } from '../episode-model.js';
import type { SetContext } from './set-context.js';

/** Channels and streams that are named in one remark. */
const MAX_NAMED = 10;

/**
 * Says what the format does not tell, and what needs the whole set to be seen.
 * @returns the reasons, by the name of the fact that is not known.
 */
export function remarkOnSet(set: SetContext, measure: DatasetMeasure): Record<string, string> {
  const unknowns: Record<string, string> = {};
  const { head, log } = set;
  if (measure.episodes > 0) {
    remarkOnRate(set, measure, unknowns);
    const { success, failure } = measure.coverage.outcomes;
    if (success + failure === 0) {
      unknowns.outcome = 'the data does not say which episodes succeeded';
      log.add('SUCCESS_UNKNOWN', unknowns.outcome);
    }
    if (measure.coverage.withTask === 0) unknowns.tasks = 'no episode has a task text';
  }
  if (head.robotType.value === null) {
    unknowns.robotType = head.robotType.reason;
    log.add('ROBOT_UNKNOWN', `the robot is not named: ${head.robotType.reason}`);
  }
  if (head.collectionMethod.value === null) unknowns.collectionMethod = head.collectionMethod.reason;
  if (head.reality.value === null) unknowns.reality = head.reality.reason;
  remarkOnUnits(set, measure, unknowns);
  for (const [key, channels] of Object.entries(measure.quality.constantChannels)) {
    log.add('CONSTANT_CHANNEL', `${key} never changes in ${channels.length} of its channels`, {
      actual: channels.slice(0, MAX_NAMED).join(', '),
    });
  }
  return unknowns;
}

function remarkOnRate({ head, log }: SetContext, measure: DatasetMeasure, unknowns: Record<string, string>): void {
  if (measure.fps !== null || head.fps.value !== null) return;
  unknowns.fps = head.fps.reason;
  log.add('FPS_UNKNOWN', `the rate of the frames is not known: ${head.fps.reason}`);
  if (measure.durationS === 0) unknowns.durationS = 'without a rate or times the frames have no duration';
}

function remarkOnUnits({ log }: SetContext, { streams }: DatasetMeasure, unknowns: Record<string, string>): void {
  const without = streams.filter(
    ({ role, unit, unitReason }) => (role === 'action' || role === 'state') && unit === null && unitReason,
  );
  const [first] = without;
  if (!first) return;
  unknowns.units = first.unitReason ?? '';
  log.add('UNITS_UNKNOWN', `units are not known: ${first.unitReason}. Say them when you publish`, {
    actual: `${without.length} signals: ${without
      .slice(0, MAX_NAMED)
      .map(({ key }) => key)
      .join(', ')}`.slice(0, 300),
  });
}
