import type { StreamFact } from '@app/formats';
import type { DeclaredFacts } from './declared.js';
import type { Evidence } from './evidence.js';
import type { Verdict } from './verdict.js';
import { fail, isNamed, look, notApplicable, notChecked, pass, verdictOf } from './verdict.js';

const SHA256 = /^[0-9a-f]{64}$/;
/** Values in one row of a stream. */
export const widthOf = (stream: StreamFact): number => stream.shape.reduce((product, length) => product * length, 1);

/** The checks of profile version 1, as they were when it was published: never edited. Later versions use what did not change. */
export const L1_RULES = {
  'FM-1': () => pass('0 faults', 'every file reads as its format says'),

  'ID-1': ({ measure }) =>
    measure.episodes > 0
      ? pass(`${measure.episodes} episodes`, 'episodes are numbered from 0 without a gap')
      : fail('0 episodes', 'no episode could be measured'),

  'ID-2': ({ files, measure }) => {
    if (files.length === 0) return fail('0 files', 'the manifest is empty');
    const seen = new Set<string>();
    const bad: string[] = [];
    for (const { path, sizeBytes, sha256, mediaType } of files) {
      const isWhole =
        Number.isSafeInteger(sizeBytes) &&
        sizeBytes >= 0 &&
        sha256 !== null &&
        SHA256.test(sha256) &&
        mediaType !== null &&
        mediaType !== '';
      if (!isWhole || seen.has(path)) bad.push(path);
      seen.add(path);
    }
    if (bad.length > 0)
      return fail(
        `${bad.length} of ${files.length} files`,
        'a file lacks its size, SHA-256 or media type, or is listed twice',
        bad.slice(0, 10).map((path) => ({ path })),
      );
    const bytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
    if (files.length < measure.files || bytes < measure.bytes)
      return fail(
        `${files.length} files, ${bytes} bytes`,
        `the manifest has less than was measured (${measure.files} files, ${measure.bytes} bytes)`,
      );
    return pass(`${files.length} files, ${bytes} bytes`, 'every file has its path, size, SHA-256 and media type');
  },

  'ID-3': ({ files }) => {
    const wrong = files.filter((file) => file.verified === false);
    if (wrong.length > 0)
      return fail(
        `${wrong.length} files differ`,
        'stored bytes are not those of the manifest',
        wrong.slice(0, 10).map(({ path }) => ({ path })),
      );
    const unseen = files.filter((file) => file.verified === null).length;
    return unseen > 0 || files.length === 0
      ? notChecked(`${unseen} of ${files.length} files were not read back`)
      : pass(`${files.length} files`, 'stored size and SHA-256 equal the manifest');
  },

  'EM-1': ({ declared: { robot } }) => {
    const wrong: string[] = [];
    const missing: string[] = [];
    look("the robot's class", robot?.embodimentClass, wrong, missing);
    look("the robot's maker", robot?.maker, wrong, missing);
    look("the robot's model", robot?.model, wrong, missing);
    if (robot?.dof === undefined) missing.push('degrees of freedom');
    else if (!Number.isInteger(robot.dof) || robot.dof <= 0) wrong.push(`degrees of freedom must not be ${robot.dof}`);
    const name = `${robot?.maker} ${robot?.model}, ${robot?.embodimentClass}, ${robot?.dof} DoF`;
    return verdictOf(wrong, missing, pass(name, 'the robot is named'));
  },

  'AC-1': ({ measure, declared }) => {
    if (measure.streams.length === 0) return notChecked('no stream could be read');
    const actions = measure.streams.filter((stream) => stream.role === 'action');
    if (actions.length === 0) return notApplicable('the set has no action');
    const wrong: string[] = [];
    const missing: string[] = [];
    look('control mode', declared.action?.controlMode, wrong, missing);
    for (const action of actions) {
      const names = action.names.length > 0 ? action.names : (declared.action?.names ?? []);
      look(`unit of ${action.key}`, unitOf(action, declared), wrong, missing);
      if (names.length === 0) missing.push(`names of ${action.key}`);
      else if (names.length !== widthOf(action))
        wrong.push(`${action.key} has ${widthOf(action)} dimensions and ${names.length} names`);
    }
    return verdictOf(wrong, missing, pass(`${declared.action?.controlMode}`, 'control mode, unit and names are given'));
  },

  'ST-1': ({ measure, declared }) => {
    if (measure.streams.length === 0) return notChecked('no stream could be read');
    const wrong: string[] = [];
    const missing: string[] = [];
    let checked = 0;
    for (const stream of measure.streams) {
      if (stream.role === 'video' || stream.role === 'image') {
        checked += 1;
        const camera = measure.cameras.find((one) => one.key === stream.key);
        if (!camera || camera.width === 0 || camera.height === 0 || camera.codec === '')
          wrong.push(`${stream.key}: no readable camera`);
      } else if (stream.role === 'action' || stream.role === 'state') {
        checked += 1;
        look(`unit of ${stream.key}`, unitOf(stream, declared), wrong, missing);
        if (stream.rateHz === null) missing.push(`rate of ${stream.key}`);
        if (stream.shape.length === 0) wrong.push(`${stream.key}: no shape`);
      }
    }
    if (measure.modalities.length === 0) wrong.push('no modality recognised');
    const all = 'unit, rate and shape of every stream, size and codec of every camera are known';
    return verdictOf(wrong, missing, pass(`${checked} streams`, all));
  },

  'TM-1': ({ measure }) => {
    if (measure.frames === 0) return notChecked('no frame could be read');
    return measure.streams.some((stream) => stream.role === 'time')
      ? pass('0 faults', `${measure.frames} frames on the episode clock (seconds from 0 in each episode)`)
      : fail('no clock', 'the set has no timestamp');
  },

  'TK-1': ({ measure, declared }) => {
    const missing: string[] = [];
    if (measure.episodes === 0) return notChecked('no episode could be read');
    const wrong =
      measure.tasks.length === 0 || measure.tasks.some((text) => text.trim() === '')
        ? ['give every episode its instruction text']
        : [];
    if ((declared.taskFamilies?.length ?? 0) === 0) missing.push('task family');
    if ((declared.scenes?.length ?? 0) === 0) missing.push('scene');
    return verdictOf(
      wrong,
      missing,
      pass(`${measure.tasks.length} instructions`, 'task family, scene and instructions are given'),
    );
  },

  'CO-1': ({ declared }) =>
    declared.license !== undefined ? pass('set', 'licence terms are set') : notChecked('not declared: licence'),

  'CO-2': ({ declared: { personalData, consentScope } }) => {
    if (personalData === undefined) return notChecked('not declared: whether the data shows people');
    if (personalData === 'present_with_consent' && !isNamed(consentScope?.join(', ')))
      return fail('no consent scope', 'personal data is present: say what the consent covers');
    return pass(
      personalData,
      personalData === 'present_with_consent' ? 'personal data with a consent scope' : 'no identifiable person',
    );
  },
} satisfies Readonly<Record<string, (evidence: Evidence) => Verdict>>;

/** The unit of a stream: declared for it, declared for actions, or told by the format. */
export function unitOf(stream: StreamFact, declared: DeclaredFacts): string | undefined {
  const own = declared.units && Object.hasOwn(declared.units, stream.key) ? declared.units[stream.key] : undefined;
  return own ?? (stream.role === 'action' ? declared.action?.unit : undefined) ?? stream.unit ?? undefined;
}
