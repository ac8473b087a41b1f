export type { DeclaredFacts, ManifestFile } from './declared.js';
export { evaluateProfile } from './evaluate-profile.js';
export { RULE_OF_FINDING } from './finding-rules.js';
export type { Grade, GradeVerdict } from './grade.js';
export { gradeOf, isListable } from './grade.js';
export type { Evidence } from './l1.rules.js';
export type { Profile, RuleLevel, RuleOutcome, RulePlace, RuleResult, RuleSpec } from './profile.js';
export { L1_V1 } from './profiles/l1.v1.js';
