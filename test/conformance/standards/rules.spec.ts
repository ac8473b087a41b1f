import { describe, expect, it } from '@jest/globals';
import type { DatasetMeasure } from '@app/formats';
import type { DeclaredFacts, Evidence, ManifestFile, ReleaseEvidence, RuleOutcome, RuleResult } from '@app/standards';
import { EMBODIED_V2, evaluateProfile, gradeOf, isListable } from '@app/standards';
import { cleanEvidence, spread } from './clean-evidence.js';

/** Evidence that a test may write to. */
interface Draft {
  measure: DatasetMeasure;
  declared: Mutable<DeclaredFacts>;
  files: ManifestFile[];
  release: Mutable<ReleaseEvidence>;
}
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function changed(change: (draft: Draft) => void): Evidence {
  const draft = cleanEvidence() as Draft;
  change(draft);
  return draft;
}

function resultsOf(evidence: Evidence): Map<string, RuleResult> {
  return new Map(evaluateProfile(EMBODIED_V2, evidence).map((result) => [result.rule, result]));
}

/** What came out otherwise than in the clean set. */
function differences(evidence: Evidence): Record<string, RuleOutcome> {
  const clean = resultsOf(cleanEvidence());
  return Object.fromEntries(
    [...resultsOf(evidence)]
      .filter(([rule, { result }]) => clean.get(rule)?.result !== result)
      .map(([rule, { result }]) => [rule, result]),
  );
}

/** One change, and every rule that it changes. */
type Mutation = [name: string, change: (draft: Draft) => void, expected: Record<string, RuleOutcome>];

const robot = (d: Draft, change: object): void => void (d.declared.robot = { ...d.declared.robot, ...change });
const action = (d: Draft, change: object): void => void (d.declared.action = { ...d.declared.action, ...change });
const quality = (d: Draft, change: Partial<DatasetMeasure['quality']>): void =>
  void Object.assign(d.measure.quality, change);
const without = (d: Draft, ...keys: (keyof DeclaredFacts)[]): void => keys.forEach((key) => delete d.declared[key]);

const MUTATIONS: Mutation[] = [
  // FM-1, ID
  [
    'a file that breaks its format',
    (d) => d.measure.findings.push({ code: 'BAD_MCAP', severity: 'error', message: 'cut', path: 'run.mcap' }),
    { 'FM-1': 'fail' },
  ],
  [
    'a gap in the numbers',
    (d) => d.measure.findings.push({ code: 'EPISODE_INDEX_GAP', severity: 'error', message: '1 is missing' }),
    { 'ID-1': 'fail' },
  ],
  [
    'a file without a hash',
    (d) => d.files.push({ path: 'x', sizeBytes: 1, sha256: null, mediaType: 'a/b', verified: true }),
    { 'ID-2': 'fail' },
  ],
  [
    'a file listed twice',
    (d) => d.files.push({ path: 'run.mcap', sizeBytes: 1, sha256: 'a'.repeat(64), mediaType: 'a/b', verified: true }),
    { 'ID-2': 'fail' },
  ],
  ['more bytes measured than listed', (d) => void (d.measure.bytes = 2_001), { 'ID-2': 'fail' }],
  ['a stored file that differs', (d) => d.files.forEach((file) => void (file.verified = false)), { 'ID-3': 'fail' }],
  [
    'files that nobody read back',
    (d) => d.files.forEach((file) => void (file.verified = null)),
    { 'ID-3': 'not_checked' },
  ],
  // EM
  ['no maker', (d) => robot(d, { maker: undefined }), { 'EM-1': 'not_checked' }],
  ['an unknown model', (d) => robot(d, { model: 'unknown' }), { 'EM-1': 'fail' }],
  ['no firmware', (d) => robot(d, { firmwareVersion: null }), { 'EM-2': 'not_checked' }],
  ['no end effector', (d) => robot(d, { endEffectors: [] }), { 'EM-2': 'not_checked' }],
  ['a robot description that is not there', (d) => robot(d, { urdf: 'robot/two.urdf' }), { 'EM-2': 'fail' }],
  [
    'two arms, one hand',
    (d) => {
      robot(d, { embodimentClass: 'dual_arm' });
      action(d, { handedness: 'left_then_right' });
    },
    { 'EM-2': 'not_checked' },
  ],
  // AC
  ['no control mode', (d) => action(d, { controlMode: undefined }), { 'AC-1': 'not_checked' }],
  ['an unknown unit of the action', (d) => action(d, { unit: 'n/a' }), { 'AC-1': 'fail', 'ST-1': 'fail' }],
  [
    'two names for three dimensions',
    (d) => d.measure.streams.forEach((s) => s.role === 'action' && s.names.pop()),
    { 'AC-1': 'fail', 'ST-1': 'fail' },
  ],
  ['no frame of the action', (d) => action(d, { frame: undefined }), { 'AC-2': 'not_checked' }],
  ['an unknown frame of the action', (d) => action(d, { frame: 'unknown' }), { 'AC-2': 'fail' }],
  ['nobody says absolute or relative', (d) => action(d, { reference: undefined }), { 'AC-2': 'not_checked' }],
  ['a gripper whose numbers mean nothing', (d) => action(d, { gripper: undefined }), { 'AC-2': 'not_checked' }],
  [
    'two arms without handedness',
    (d) => robot(d, { embodimentClass: 'dual_arm', endEffectors: ['suction', 'suction'] }),
    { 'AC-2': 'not_checked' },
  ],
  // ST
  ['no unit of the state', (d) => without(d, 'units'), { 'ST-1': 'not_checked' }],
  ['a camera that cannot be read', (d) => d.measure.cameras.forEach((c) => void (c.codec = '')), { 'ST-1': 'fail' }],
  [
    'joints at 30 Hz',
    (d) =>
      quality(d, {
        rates: { ...d.measure.quality.rates, action: spread(30, 30, 30), 'observation.state': spread(30, 30, 30) },
      }),
    { 'ST-2': 'fail' },
  ],
  [
    'a camera at 15 Hz',
    (d) => quality(d, { rates: { ...d.measure.quality.rates, 'observation.images.top': spread(30, 15, 30) } }),
    { 'ST-2': 'fail' },
  ],
  ['a rate 6 % below nominal', (d) => quality(d, { rateRatio: spread(1, 0.94, 1) }), { 'ST-2': 'fail' }],
  [
    'no times to measure a rate by',
    (d) => {
      quality(d, { rates: {}, rateRatio: null });
      d.measure.cameras.forEach((c) => void (c.carrier = 'images'));
      d.measure.streams.forEach((s) => void (s.measuredRateHz = null));
    },
    { 'ST-2': 'not_checked' },
  ],
  ['streams that nobody can name', (d) => void (d.measure.modalities = []), { 'ST-1': 'not_checked' }],
  [
    'streams that the provider names',
    (d) => {
      d.measure.modalities = [];
      d.declared.modalities = ['rgb', 'joint_position'];
    },
    {},
  ],
  [
    'a camera of which nothing tells the rate',
    (d) => {
      quality(d, { rates: {}, rateRatio: null });
      for (const camera of d.measure.cameras) Object.assign(camera, { carrier: 'images', fps: 0 });
      for (const stream of d.measure.streams) stream.measuredRateHz = null;
    },
    { 'ST-2': 'not_checked' },
  ],
  // TM
  ['a step backwards', (d) => quality(d, { clockFaults: spread(0, 0, 2) }), { 'TM-1': 'fail' }],
  ['a camera one picture late', (d) => quality(d, { cameraOffsetS: spread(0.005, 0.033, 0.005) }), { 'TM-2': 'fail' }],
  ['an offset that nobody measured', (d) => quality(d, { cameraOffsetS: null }), { 'TM-2': 'not_checked' }],
  ['three frames in a hundred lost', (d) => quality(d, { completeness: spread(1, 1, 0.97) }), { 'TM-3': 'fail' }],
  [
    'a frozen camera',
    (d) => d.measure.findings.push({ code: 'FROZEN_VIDEO', severity: 'warning', message: 'frozen', episode: 1 }),
    { 'TM-3': 'fail' },
  ],
  ['completeness that nobody measured', (d) => quality(d, { completeness: null }), { 'TM-3': 'not_checked' }],
  ['one picture too few', (d) => quality(d, { videoRowGap: spread(0, 1, 0) }), { 'TM-4': 'fail' }],
  [
    'pictures that nobody counted',
    (d) => quality(d, { videoRowGap: null, cameraOffsetS: null }),
    { 'TM-2': 'not_checked', 'TM-4': 'not_checked' },
  ],
  // CA
  [
    'no intrinsics',
    (d) =>
      void (d.declared.cameras = {
        'observation.images.top': { ...d.declared.cameras?.['observation.images.top'], intrinsics: null },
      }),
    { 'CA-1': 'not_checked' },
  ],
  [
    'intrinsics in a file that is not there',
    (d) =>
      void (d.declared.cameras = {
        'observation.images.top': { ...d.declared.cameras?.['observation.images.top'], intrinsics: 'calib.yaml' },
      }),
    { 'CA-1': 'fail' },
  ],
  [
    'calibration of a camera under another name',
    (d) => void (d.declared.cameras = { ...d.declared.cameras, fixed: { intrinsics: { fx: 1, fy: 1, cx: 1, cy: 1 } } }),
    { 'CA-1': 'fail' },
  ],
  [
    'extrinsics without a residual',
    (d) =>
      void (d.declared.cameras = {
        'observation.images.top': {
          intrinsics: { fx: 1, fy: 1, cx: 1, cy: 1 },
          extrinsics: { parent: 'base', method: 'm', date: '2026-05-01' },
        },
      }),
    { 'CA-2': 'not_checked' },
  ],
  [
    'extrinsics in a file that is not there',
    (d) =>
      void (d.declared.cameras = {
        'observation.images.top': { intrinsics: { fx: 1, fy: 1, cx: 1, cy: 1 }, extrinsics: 'calib.yaml' },
      }),
    { 'CA-2': 'fail' },
  ],
  ['a force sensor that nobody set to zero', (d) => without(d, 'sensorZeroing'), { 'CA-2': 'not_checked' }],
  // TK
  ['a blank instruction', (d) => d.measure.tasks.push(' '), { 'TK-1': 'fail' }],
  ['an episode without instruction', (d) => void (d.measure.coverage.withTask = 2), { 'TK-1': 'fail' }],
  ['no instruction at all', (d) => void (d.measure.tasks = []), { 'TK-1': 'not_checked' }],
  ['no scene', (d) => void (d.declared.scenes = []), { 'TK-1': 'not_checked', 'DI-1': 'not_checked' }],
  [
    'a failure without its mode',
    (d) => void (d.declared.outcomes = d.declared.outcomes?.map(({ failureMode: _, ...one }) => one)),
    { 'TK-2': 'not_checked' },
  ],
  [
    'outcomes that contradict the flags',
    (d) => void (d.declared.outcomes = [0, 1, 2].map((episode) => ({ episode, outcome: 'success' as const }))),
    { 'TK-2': 'fail' },
  ],
  [
    'two outcomes for one episode',
    (d) => void (d.declared.outcomes = [...(d.declared.outcomes ?? []), { episode: 0, outcome: 'success' }]),
    { 'TK-2': 'fail' },
  ],
  [
    'an outcome of nobody',
    (d) => void (d.declared.outcomes = [{ episode: 9, outcome: 'success' }]),
    { 'TK-2': 'fail' },
  ],
  [
    'outcomes of some',
    (d) => {
      d.declared.outcomes = [{ episode: 0, outcome: 'success' }];
      d.measure.coverage.outcomes = { success: 0, failure: 0, unknown: 3 };
    },
    { 'TK-2': 'not_checked', 'DI-1': 'not_checked' },
  ],
  [
    'segments that overlap',
    (d) => d.measure.coverage.subtaskFaults.push({ episode: 1, message: 'overlap' }),
    { 'TK-3': 'fail' },
  ],
  ['no segments', (d) => void (d.measure.coverage.withSubtasks = 0), { 'TK-3': 'not_checked' }],
  [
    'episodes of one step',
    (d) => {
      d.measure.coverage.withSubtasks = 0;
      d.declared.subtasks = 'atomic';
    },
    { 'TK-3': 'not_applicable' },
  ],
  [
    'declared segments with a hole',
    (d) =>
      void (d.declared.subtasks = [0, 1, 2].map((episode) => ({
        episode,
        segments: [
          { from: 0, to: 10, text: 'reach' },
          { from: 11, to: null, text: 'grasp' },
        ],
      }))),
    { 'TK-3': 'fail' },
  ],
  [
    'declared segments of some',
    (d) => void (d.declared.subtasks = [{ episode: 0, segments: [{ from: 0, to: null, text: 'reach' }] }]),
    { 'TK-3': 'not_checked' },
  ],
  // MO
  [
    'a joint beyond its limit',
    (d) => quality(d, { ranges: { 'observation.state': { min: [-1, -1.5, 0], max: [2.5, 1.5, 0.08] } } }),
    { 'MO-1': 'fail' },
  ],
  [
    'a gripper at 2.0 where 0.08 is open',
    (d) => quality(d, { ranges: { 'observation.state': { min: [-1, -1.5, 0], max: [1, 1.5, 2] } } }),
    { 'MO-1': 'fail' },
  ],
  ['a jump that may be the gripper’s', (d) => quality(d, { jumps: spread(0, 3, 0) }), { 'MO-1': 'not_checked' }],
  [
    'a joint that jumps, and no gripper that could be meant',
    (d) => {
      for (const stream of d.measure.streams)
        stream.names = stream.names.map((name) => name.replace('gripper', 'wrist'));
      quality(d, { jumps: spread(0, 3, 0) });
    },
    { 'MO-1': 'fail' },
  ],
  [
    'jumps that are explained',
    (d) => {
      d.declared.motionExplained = { jumps: 'the gripper is open or closed' };
      quality(d, { jumps: spread(0, 3, 0) });
    },
    {},
  ],
  [
    'a jump in channels without names',
    (d) => {
      for (const stream of d.measure.streams) if (stream.role === 'state') stream.names = [];
      quality(d, { jumps: spread(0, 3, 0) });
    },
    { 'MO-1': 'not_checked' },
  ],
  ['a joint that is too fast', (d) => quality(d, { maxSpeed: spread(1, 9, 1) }), { 'MO-1': 'fail' }],
  ['no joint limits', (d) => robot(d, { jointLimits: undefined }), { 'MO-1': 'not_checked' }],
  ['joint limits under other names', (d) => robot(d, { jointLimits: { j1: [-1, 1] } }), { 'MO-1': 'not_checked' }],
  [
    'an action out of range',
    (d) => d.measure.findings.push({ code: 'ACTION_OUT_OF_RANGE', severity: 'warning', message: 'beyond -1..1' }),
    { 'MO-1': 'fail' },
  ],
  ['jerk that nobody measured', (d) => quality(d, { jerk: null }), { 'MO-2': 'not_checked' }],
  // DI
  ['an episode twice', (d) => quality(d, { duplicates: { count: 1, pairs: [[2, 0]] } }), { 'DI-1': 'fail' }],
  ['no objects', (d) => without(d, 'objects'), { 'DI-1': 'not_checked' }],
  ['no operators', (d) => without(d, 'operators'), { 'DI-1': 'not_checked' }],
  // CO
  ['no licence', (d) => without(d, 'license'), { 'CO-1': 'not_checked' }],
  ['a licence called "other"', (d) => void (d.declared.license = 'other'), { 'CO-1': 'fail' }],
  [
    'a licence that nobody knows, without terms',
    (d) => void (d.declared.license = 'acme-terms'),
    { 'CO-1': 'not_checked' },
  ],
  ['nobody says whether people are seen', (d) => without(d, 'personalData'), { 'CO-2': 'not_checked' }],
  ['people without consent', (d) => without(d, 'consentScope'), { 'CO-2': 'fail' }],
  ['consent for research, a licence for all', (d) => void (d.declared.consentScope = ['research']), { 'CO-2': 'fail' }],
  [
    'a contributor who agreed to less',
    (d) => void (d.declared.contributors = [{ pseudonym: 'P1', consentHash: 'c'.repeat(64), scope: ['research'] }]),
    { 'CO-2': 'fail' },
  ],
  [
    'a contributor without a record',
    (d) => void (d.declared.contributors = [{ pseudonym: 'P1' }]),
    { 'CO-3': 'not_checked' },
  ],
  ['premises that did not agree', (d) => void (d.declared.premisesConsent = 'missing'), { 'CO-3': 'fail' }],
  [
    'more operators than contributors',
    (d) =>
      void (d.measure.coverage.operators = [
        { name: 'a', episodes: 1 },
        { name: 'b', episodes: 2 },
      ]),
    { 'CO-3': 'not_checked' },
  ],
  ['no contributors', (d) => without(d, 'contributors'), { 'CO-3': 'not_checked' }],
  ['no provenance', (d) => without(d, 'provenance'), { 'CO-4': 'not_checked' }],
  [
    'a link of unknown rig',
    (d) => void (d.declared.provenance = { ...d.declared.provenance, rig: 'unknown' }),
    { 'CO-4': 'fail' },
  ],
  [
    'a title that ran out',
    (d) => void (d.declared.titleCertificate = { number: 'T-1', issuer: 'Exchange', expires: '2020-01-01' }),
    { 'CO-5': 'fail' },
  ],
  ['a title that the issuer does not know', (d) => void (d.release.isTitleConfirmed = false), { 'CO-5': 'fail' }],
  ['a title that nobody asked about', (d) => void (d.release.isTitleConfirmed = null), { 'CO-5': 'not_checked' }],
  ['no title claimed', (d) => without(d, 'titleCertificate'), { 'CO-5': 'not_applicable' }],
  // AU
  ['a signature that does not verify', (d) => void (d.release.isSigned = false), { 'AU-1': 'fail' }],
  ['a log that nobody looked at', (d) => void (d.release.isLogged = null), { 'AU-1': 'not_checked' }],
  ['no root', (d) => void (d.release.merkleRoot = null), { 'AU-1': 'not_checked' }],
];

describe('profile version 2 on a set without a fault', () => {
  it('passes each of its 28 rules, and gives grade A', () => {
    const results = evaluateProfile(EMBODIED_V2, cleanEvidence());

    expect(results.filter(({ result }) => result !== 'pass')).toEqual([]);
    expect(results).toHaveLength(28);
    expect(gradeOf(results)).toMatchObject({ grade: 'A', next: null });
  });

  it('tells for every rule what was measured, by which threshold, and why', () => {
    for (const result of evaluateProfile(EMBODIED_V2, cleanEvidence())) {
      expect(result.value).not.toBeNull();
      expect(result.threshold.length).toBeGreaterThan(3);
      expect(result.message.length).toBeGreaterThan(8);
    }
  });
});

describe('one change at a time', () => {
  it.each(MUTATIONS)('%s changes its own rule and no other', (_, change, expected) => {
    expect(differences(changed(change))).toEqual(expected);
  });

  it('has a change that fails, and one that leaves unchecked, each rule that can', () => {
    const told = (outcome: RuleOutcome): Set<string> =>
      new Set(
        MUTATIONS.flatMap(([, , expected]) =>
          Object.entries(expected)
            .filter(([, one]) => one === outcome)
            .map(([rule]) => rule),
        ),
      );
    const rules = EMBODIED_V2.rules.map(({ id }) => id);

    // MO-2 is a report: nothing in it is wrong.
    expect(rules.filter((rule) => !told('fail').has(rule))).toEqual(['MO-2']);
    // These are decided by the bytes alone: there is always an answer.
    expect(rules.filter((rule) => !told('not_checked').has(rule))).toEqual(['FM-1', 'ID-1', 'ID-2', 'TM-1']);
  });

  it('names the episodes at fault, worst first', () => {
    const where = (change: (d: Draft) => void, rule: string) => resultsOf(changed(change)).get(rule)?.where;

    expect(where((d) => quality(d, { completeness: spread(0.9, 1, 0.5) }), 'TM-3')).toEqual([
      { episode: 2 },
      { episode: 0 },
    ]);
    expect(
      where(
        (d) =>
          quality(d, {
            duplicates: {
              count: 2,
              pairs: [
                [1, 0],
                [2, 0],
              ],
            },
          }),
        'DI-1',
      ),
    ).toEqual([{ episode: 1 }, { episode: 2 }]);
    expect(where((d) => quality(d, { clockFaults: spread(0, 0, 2) }), 'TM-1')).toEqual([{ episode: 2 }]);
  });
});

describe('grades', () => {
  it.each([
    ['A', () => undefined, null],
    ['B', (d: Draft) => without(d, 'provenance'), { grade: 'A', level: 'L3', failed: [], notChecked: ['CO-4'] }],
    [
      'C',
      (d: Draft) => quality(d, { completeness: spread(0.5, 1, 1) }),
      { grade: 'B', level: 'L2', failed: ['TM-3'], notChecked: [] },
    ],
    ['U', (d: Draft) => without(d, 'license'), { grade: 'C', level: 'L1', failed: [], notChecked: ['CO-1'] }],
  ])('%s, and what the next one takes', (grade, change, next) => {
    const results = evaluateProfile(EMBODIED_V2, changed(change as (d: Draft) => void));

    expect(gradeOf(results)).toMatchObject({ grade, next });
    expect(isListable(results)).toBe(true);
  });

  it('gives a bare set that nobody described U, and lists it', () => {
    const evidence = changed((d) => {
      d.declared = {};
      delete (d as { release?: unknown }).release;
    });

    const results = evaluateProfile(EMBODIED_V2, evidence);

    expect(gradeOf(results).grade).toBe('U');
    expect(isListable(results)).toBe(true);
    expect(results.filter(({ result, level }) => result === 'fail' && level === 'L1')).toEqual([]);
  });
});
