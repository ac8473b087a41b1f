import { L1_RULES } from '../l1.rules.js';
import type { Check } from '../verdict.js';
import { look, notApplicable, notChecked, pass, verdictOf } from '../verdict.js';
import { hasTwoArms, movesGripper, streamsOf } from './subject.js';

/** What a number of the action means: its frame, against what, and who says so. */
const isMeantAction: Check = ({ measure, declared }) => {
  if (measure.streams.length === 0) return notChecked('no stream could be read');
  const actions = streamsOf(measure, 'action');
  if (actions.length === 0) return notApplicable('the set has no action');
  const { action } = declared;
  const wrong: string[] = [];
  const missing: string[] = [];
  look('frame of the action', action?.frame, wrong, missing);
  look('reference (absolute or relative)', action?.reference, wrong, missing);
  look('source (commanded or executed)', action?.source, wrong, missing);
  if (hasTwoArms(declared)) look('handedness', action?.handedness, wrong, missing);
  if (actions.some((stream) => movesGripper(stream, action?.names ?? []))) {
    const gripper = action?.gripper ?? {};
    if (typeof gripper['unit'] !== 'string') missing.push('unit of the gripper');
    if (!['meaning', 'open', 'closed'].some((key) => gripper[key] !== undefined))
      missing.push('what the numbers of the gripper mean (meaning, or open and closed)');
  }
  const said = [action?.frame, action?.reference, action?.source].join(', ');
  return verdictOf(wrong, missing, pass(said, 'frame, reference and source of the action are given'));
};

export const ACTION_RULES = {
  'AC-1': (evidence) => L1_RULES['AC-1'](evidence),
  'AC-2': isMeantAction,
} as const satisfies Record<string, Check>;
