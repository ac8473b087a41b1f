import { describe, expect, it } from '@jest/globals';
import type { DatasetMeasure, Finding } from '@app/formats';
import { FINDING_SEVERITIES, blankMeasure } from '@app/formats';
import type { DeclaredFacts, ManifestFile } from './declared.js';
import { evaluateProfile } from './evaluate-profile.js';
import { RULE_OF_FINDING } from './finding-rules.js';
import { gradeOf, isListable } from './grade.js';
import type { RuleResult } from './profile.js';
import { L1_V1 } from './profiles/l1.v1.js';

const measure: DatasetMeasure = {
  ...blankMeasure({ root: '', bytes: 100, count: 1 }),
  format: 'lerobot',
  formatVersion: 'v3.0',
  rootPath: '',
  fps: { num: 30, den: 1 },
  robotType: 'arm',
  episodes: 2,
  frames: 60,
  durationS: 2,
  bytes: 100,
  files: 1,
  streams: [
    { key: 'action', role: 'action', dtype: 'float32', shape: [2], names: ['a', 'b'], unit: null, rateHz: 30 },
    {
      key: 'observation.state',
      role: 'state',
      dtype: 'float32',
      shape: [2],
      names: ['a', 'b'],
      unit: null,
      rateHz: 30,
    },
    {
      key: 'observation.images.top',
      role: 'video',
      dtype: 'video',
      shape: [8, 8, 3],
      names: [],
      unit: null,
      rateHz: 30,
    },
    { key: 'timestamp', role: 'time', dtype: 'float32', shape: [1], names: [], unit: 's', rateHz: 30 },
  ],
  cameras: [
    {
      name: 'top',
      key: 'observation.images.top',
      kind: 'rgb',
      carrier: 'video',
      width: 8,
      height: 8,
      fps: 30,
      codec: 'av1',
      declaredCodec: 'av1',
      pixFmt: 'yuv420p',
      frames: 60,
      keyFrames: 30,
      bytes: 9,
    },
  ],
  tasks: ['pick the cube'],
  modalities: ['rgb', 'action'],
  findings: [],
};
const declared: DeclaredFacts = {
  robot: { embodimentClass: 'single_arm', maker: 'Acme', model: 'One', dof: 6 },
  action: { controlMode: 'joint_position', unit: 'rad' },
  units: { 'observation.state': 'rad' },
  taskFamilies: ['grasping'],
  scenes: ['laboratory'],
  personalData: 'none',
  license: 'CC-BY-4.0',
};
const files: ManifestFile[] = [
  { path: 'meta/info.json', sizeBytes: 100, sha256: 'a'.repeat(64), mediaType: 'application/json', verified: true },
];

function resultOf(results: readonly RuleResult[], rule: string): RuleResult['result'] | undefined {
  return results.find((result) => result.rule === rule)?.result;
}

describe('the L1 profile', () => {
  it('gives grade C to a set that passes L1 while L2 is not checked', () => {
    const results = evaluateProfile(L1_V1, { measure, declared, files });

    const grade = gradeOf(results);
    expect(results.filter((result) => result.result === 'fail')).toEqual([]);
    expect(grade.grade).toBe('C');
    expect(grade.explanation).toContain('L2 not reached (not checked:');
    expect(isListable(results)).toBe(true);
  });

  it('gives every rule exactly one result', () => {
    const results = evaluateProfile(L1_V1, { measure, declared, files });

    expect(results.map((result) => result.rule)).toEqual(L1_V1.rules.map((rule) => rule.id));
    expect(new Set(results.map((result) => result.rule)).size).toBe(results.length);
  });

  const faults: [
    string,
    string,
    { measure?: Partial<DatasetMeasure>; declared?: DeclaredFacts; files?: ManifestFile[] },
  ][] = [
    ['no maker', 'EM-1', { declared: { robot: { ...declared.robot, maker: 'unknown' } } }],
    ['an unknown control mode', 'AC-1', { declared: { action: { unit: 'rad', controlMode: 'unknown' } } }],
    [
      'one name for two dimensions',
      'AC-1',
      {
        measure: {
          streams: measure.streams.map((stream) => (stream.role === 'action' ? { ...stream, names: ['a'] } : stream)),
        },
      },
    ],
    ['an unknown unit', 'ST-1', { declared: { units: { 'observation.state': 'n/a' } } }],
    ['a camera that could not be read', 'ST-1', { measure: { cameras: [] } }],
    ['no clock', 'TM-1', { measure: { streams: measure.streams.filter((stream) => stream.role !== 'time') } }],
    ['no task text', 'TK-1', { measure: { tasks: [' '] } }],
    ['personal data without a consent scope', 'CO-2', { declared: { personalData: 'present_with_consent' } }],
    [
      'a file without hash',
      'ID-2',
      { files: [{ path: 'a', sizeBytes: 100, sha256: null, mediaType: 'x/y', verified: true }] },
    ],
    [
      'a manifest with less than was measured',
      'ID-2',
      { files: [{ path: 'a', sizeBytes: 1, sha256: 'b'.repeat(64), mediaType: 'x/y', verified: true }] },
    ],
    [
      'a stored file that differs',
      'ID-3',
      { files: [{ path: 'a', sizeBytes: 100, sha256: 'b'.repeat(64), mediaType: 'x/y', verified: false }] },
    ],
    ['no episode', 'ID-1', { measure: { episodes: 0 } }],
  ];
  it.each(faults)('fails %s under %s and nothing else', (_, rule, change) => {
    const results = evaluateProfile(L1_V1, {
      measure: { ...measure, ...change.measure },
      declared: { ...declared, ...change.declared },
      files: change.files ?? files,
    });

    expect(results.filter((result) => result.result === 'fail').map((result) => result.rule)).toEqual([rule]);
    expect(gradeOf(results).grade).toBe('U');
  });

  const gaps: [string, string, DeclaredFacts][] = [
    ['the robot', 'EM-1', { robot: undefined }],
    ['degrees of freedom', 'EM-1', { robot: { embodimentClass: 'single_arm', maker: 'Acme', model: 'One' } }],
    ['the control mode', 'AC-1', { action: { unit: 'rad' } }],
    ['the unit of the state', 'ST-1', { units: {} }],
    ['the scene', 'TK-1', { scenes: [] }],
    ['the terms', 'CO-1', { license: undefined }],
    ['whether people are shown', 'CO-2', { personalData: undefined }],
  ];
  it.each(gaps)('leaves a version without %s listable and ungraded, with %s not checked', (_, rule, change) => {
    const results = evaluateProfile(L1_V1, { measure, declared: { ...declared, ...change }, files });

    expect(results.filter(({ result }) => result !== 'pass').filter(({ level }) => level === 'L1')).toMatchObject([
      { rule, result: 'not_checked' },
    ]);
    expect(isListable(results)).toBe(true);
    expect(gradeOf(results).grade).toBe('U');
  });

  it('counts a file that nobody read back as not checked, and never as passed', () => {
    const results = evaluateProfile(L1_V1, {
      measure,
      declared,
      files: files.map((file) => ({ ...file, verified: null })),
    });

    expect(resultOf(results, 'ID-3')).toBe('not_checked');
    expect(gradeOf(results).grade).toBe('U');
  });

  it('does not ask for an action where there is none', () => {
    const results = evaluateProfile(L1_V1, {
      measure: { ...measure, streams: measure.streams.filter((stream) => stream.role !== 'action') },
      declared,
      files,
    });

    expect(resultOf(results, 'AC-1')).toBe('not_applicable');
    expect(gradeOf(results).grade).toBe('C');
  });

  it.each(Object.entries(FINDING_SEVERITIES))(
    'fails the rule of finding %s exactly if it is an error',
    (name, severity) => {
      const code = name as Finding['code'];
      const finding: Finding = { code, severity, message: 'said why', path: 'data/x', episode: 3, row: 7 };

      const results = evaluateProfile(L1_V1, { measure: { ...measure, findings: [finding] }, declared, files });

      const failed = results.filter((result) => result.result === 'fail');
      expect(failed.map((result) => result.rule)).toEqual(severity === 'error' ? [RULE_OF_FINDING[code]] : []);
      if (failed[0]) expect(failed[0].where).toEqual([{ path: 'data/x', episode: 3, row: 7 }]);
      expect(isListable(results)).toBe(severity !== 'error');
    },
  );

  it('climbs a level only when the whole level passes', () => {
    const results = evaluateProfile(L1_V1, { measure, declared, files });
    const passing = (levels: readonly string[]): RuleResult[] =>
      results.map((result) => (levels.includes(result.level) ? { ...result, result: 'pass' } : result));

    expect(gradeOf(passing(['L2'])).grade).toBe('B');
    expect(gradeOf(passing(['L2', 'L3'])).grade).toBe('A');
    expect(gradeOf(passing(['L3'])).grade).toBe('C');
    expect(gradeOf([]).grade).toBe('U');
  });
});
