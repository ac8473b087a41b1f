import type { Calibration } from '../declared.js';
import type { Evidence } from '../evidence.js';
import type { Check } from '../verdict.js';
import { notApplicable, notChecked, pass, verdictOf } from '../verdict.js';
import { declaredCamera, isSimulated, isThere } from './subject.js';

const FORCE = new Set(['force_torque', 'tactile_array', 'tactile_vision']);

/** Every camera has a lens: in the data, declared, or in a file of the version. */
const hasIntrinsics: Check = (evidence) => {
  const { cameras } = evidence.measure;
  if (cameras.length === 0) return noCamera(evidence);
  const wrong = strangersOf(evidence);
  const missing: string[] = [];
  for (const camera of cameras) {
    if (camera.hasIntrinsics) continue;
    const given = declaredCamera(camera, evidence.declared)?.intrinsics;
    const what = `intrinsics of ${camera.name}`;
    if (given === undefined || given === null) missing.push(what);
    else if (typeof given === 'string') lookForFile(what, given, evidence, wrong);
    else if (!['fx', 'fy', 'cx', 'cy'].every((key) => isNumber(given[key])) && !isMatrix(given['matrix'] ?? given['K']))
      wrong.push(`${what}: say fx, fy, cx and cy in pixels, or a matrix of nine numbers`);
  }
  return verdictOf(wrong, missing, pass(`${cameras.length} of ${cameras.length} cameras`, 'every camera has its lens'));
};

/** Calibration of a camera that the set does not have: most often the right camera under another name. */
function strangersOf({ measure, declared }: Evidence): string[] {
  const known = new Set(measure.cameras.flatMap(({ key, name }) => [key, name]));
  const names = measure.cameras.map(({ name }) => name).join(', ');
  return Object.keys(declared.cameras ?? {})
    .filter((key) => !known.has(key))
    .map((key) => `the set has no camera "${key}": its cameras are ${names}`);
}

/** Every camera has a place, with how and how well it was found; what feels forces was set to zero. */
const hasExtrinsics: Check = (evidence) => {
  const { measure, declared } = evidence;
  const feels = measure.modalities.filter((modality) => FORCE.has(modality));
  if (measure.cameras.length === 0 && feels.length === 0) return noCamera(evidence);
  const wrong: string[] = [];
  const missing: string[] = [];
  for (const camera of measure.cameras) {
    const given = declaredCamera(camera, declared)?.extrinsics;
    const what = `extrinsics of ${camera.name}`;
    if (given === undefined || given === null)
      missing.push(camera.hasExtrinsics ? `frames, method, date and residual of the ${what}` : what);
    else if (typeof given === 'string') lookForFile(what, given, evidence, wrong);
    else missing.push(...lacking(given, isSimulated(evidence)).map((key) => `${key} of the ${what}`));
  }
  if (feels.length > 0 && !declared.sensorZeroing) missing.push(`how ${feels.join(' and ')} were set to zero`);
  const value = `${measure.cameras.length} cameras${feels.length > 0 ? `, ${feels.join(', ')}` : ''}`;
  return verdictOf(wrong, missing, pass(value, 'every camera has its place, found by a method that is named'));
};

/** A pose that a simulator knows exactly has no day on which it was found. */
function lacking(given: Exclude<Calibration, string>, isExact: boolean): string[] {
  const needed = ['parent', 'method', 'residual', ...(isExact ? [] : ['date'])];
  return needed.filter((key) => given[key] === undefined || given[key] === null || given[key] === '');
}

function lookForFile(what: string, path: string, evidence: Evidence, wrong: string[]): void {
  if (!isThere(path, evidence)) wrong.push(`${what}: "${path}" is not a file of this version`);
}

const noCamera = ({ measure }: Evidence) =>
  measure.episodes > 0 ? notApplicable('the set has no camera') : notChecked('no episode could be read');
const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value);
const isMatrix = (value: unknown): boolean =>
  Array.isArray(value) && value.flat().length === 9 && value.flat().every(isNumber);

export const CALIBRATION_RULES = { 'CA-1': hasIntrinsics, 'CA-2': hasExtrinsics } as const satisfies Record<
  string,
  Check
>;
