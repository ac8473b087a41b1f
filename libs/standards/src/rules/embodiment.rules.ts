import { L1_RULES } from '../l1.rules.js';
import type { Check } from '../verdict.js';
import { isNamed, look, notApplicable, pass, verdictOf } from '../verdict.js';
import { hasTwoArms, isHumanOnly, isSimulated, isThere } from './subject.js';

/** The robot is named. A person without a robot has a class and no maker. */
const isNamedEmbodiment: Check = (evidence) => {
  if (isHumanOnly(evidence.declared)) return pass('human_body', 'a person is recorded, and no robot');
  return L1_RULES['EM-1'](evidence);
};

/** End effector per arm, a description of the body, and what runs on it. */
const isDescribedEmbodiment: Check = (evidence) => {
  const { robot, simulation } = evidence.declared;
  if (isHumanOnly(evidence.declared)) return notApplicable('a person is recorded, and no robot');
  const wrong: string[] = [];
  const missing: string[] = [];
  const hands = robot?.endEffectors ?? [];
  if (hands.length === 0) missing.push('end effector');
  else if (hasTwoArms(evidence.declared) && hands.length < 2)
    missing.push('end effector of the other arm (name one for each arm, also when they are alike)');
  const description = robot?.urdf ?? robot?.modelFile;
  look('robot description (urdf or modelFile)', description, wrong, missing);
  if (isNamed(description) && !isThere(description ?? '', evidence))
    wrong.push(`robot description "${description}" is not a file of this version`);
  // A simulated body has no firmware: the engine that moves it stands in its place.
  const engine = isSimulated(evidence) ? simulation?.['engine'] : undefined;
  const firmware = robot?.firmwareVersion ?? (typeof engine === 'string' ? engine : undefined);
  look('firmware version', firmware, wrong, missing);
  return verdictOf(wrong, missing, pass(`${hands.join(', ')}; ${description}; ${firmware}`, 'the body is described'));
};

export const EMBODIMENT_RULES = { 'EM-1': isNamedEmbodiment, 'EM-2': isDescribedEmbodiment } as const;
