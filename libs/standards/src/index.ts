export type { ComparableReport, FindingChange, ReportComparison, RuleChange, RuleSide } from './compare-reports.js';
export { compareReports } from './compare-reports.js';
export type {
  Calibration,
  Contributor,
  DeclaredFacts,
  DeclaredLicence,
  DeclaredOutcome,
  DeclaredProvenance,
  DeclaredSubtasks,
  ManifestFile,
} from './declared.js';
export { evaluateProfile } from './evaluate-profile.js';
export type { Contradiction, LicenceClaim } from './contradictions/contradictions.js';
export { contradictions } from './contradictions/contradictions.js';
export { CONTRADICTIONS } from './contradictions/patterns.js';
export { isTextOfLicence } from './contradictions/sources.js';
export type { Evidence, ReleaseEvidence, TextFile } from './evidence.js';
export { RULE_OF_FINDING } from './finding-rules.js';
export type { Grade, GradeVerdict, NextGrade } from './grade.js';
export { gradeOf, isListable } from './grade.js';
export type { Profile, RuleLevel, RuleOutcome, RulePlace, RuleResult, RuleSpec, Threshold } from './profile.js';
export { profileName } from './profile.js';
export { EMBODIED_V2 } from './profiles/embodied.v2.js';
export { L1_V1 } from './profiles/l1.v1.js';
