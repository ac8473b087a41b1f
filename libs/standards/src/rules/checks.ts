import { L1_RULES } from '../l1.rules.js';
import type { Profile } from '../profile.js';
import type { Check } from '../verdict.js';
import { ACTION_RULES } from './action.rules.js';
import { AUDIT_RULES } from './audit.rules.js';
import { CALIBRATION_RULES } from './calibration.rules.js';
import { COMPLIANCE_RULES } from './compliance.rules.js';
import { DIVERSITY_RULES } from './diversity.rules.js';
import { EMBODIMENT_RULES } from './embodiment.rules.js';
import { MOTION_RULES } from './motion.rules.js';
import { STREAM_RULES } from './stream.rules.js';
import { TASK_RULES } from './task.rules.js';
import { TIMING_RULES } from './timing.rules.js';

/** FM-1 and ID-1 to ID-3 are as in version 1. */
const IDENTITY_RULES = {
  'FM-1': L1_RULES['FM-1'],
  'ID-1': L1_RULES['ID-1'],
  'ID-2': L1_RULES['ID-2'],
  'ID-3': L1_RULES['ID-3'],
} as const;

/** Every check by name. A profile of another standard names these and brings its own numbers. */
export const CHECKS: Readonly<Record<string, Check>> = {
  ...IDENTITY_RULES,
  ...EMBODIMENT_RULES,
  ...ACTION_RULES,
  ...STREAM_RULES,
  ...TIMING_RULES,
  ...CALIBRATION_RULES,
  ...TASK_RULES,
  ...MOTION_RULES,
  ...DIVERSITY_RULES,
  ...COMPLIANCE_RULES,
  ...AUDIT_RULES,
};

/** Version 1 was published with the checks of L1 alone, and stays so. */
export function checksOf(profile: Profile): Readonly<Record<string, Check>> {
  return profile.id === 'bodega-embodied' && profile.version === 1 ? L1_RULES : CHECKS;
}
