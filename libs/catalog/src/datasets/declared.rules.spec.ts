import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { parse } from 'yaml';
import { z } from 'zod';
import { datasetYamlSchema, declaredSchema } from './declared.rules.js';

const SAMPLES = ['sorting', 'grasping', 'placement'].map(
  (name) =>
    parse(readFileSync(new URL(`../../../../samples/${name}/dataset.yaml`, import.meta.url), 'utf8')) as Record<
      string,
      unknown
    >,
);
const isValidBySchema = new Ajv2020({ strict: false, allErrors: false }).compile(
  z.toJSONSchema(datasetYamlSchema, { io: 'input' }),
);

function problemsOf(value: unknown): string[] {
  const read = datasetYamlSchema.safeParse(value);
  return read.success ? [] : read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

const GOOD: unknown[] = [
  { title: 'A set' },
  { title: { zh: '叠纸杯', en: null }, summary: 'x' },
  { title: 'x', license: 'CC-BY-4.0', operators: ['P1', 'P2'], subtasks: 'atomic' },
  {
    title: 'x',
    license: {
      usageScope: ['research_training'],
      redistribution: 'none',
      derivedModelRights: 'negotiated',
      territory: 'worldwide',
      termMonths: 24,
    },
  },
  { title: 'x', license: { termMonths: 'unlimited' }, successCriteria: { place: 'it stands' } },
  {
    title: 'x',
    contributors: [{ pseudonym: 'P1', consentHash: 'a'.repeat(64), scope: ['research'] }],
    premisesConsent: 'obtained',
  },
  {
    title: 'x',
    cameras: { top: { intrinsics: 'calib/top.json', extrinsics: { parent: 'base' }, sensorModel: 'D435' } },
  },
  { title: 'x', subtasks: [{ episode: 0, segments: [{ from: 0, to: null, text: 'reach', skill: 'reach' }] }] },
  { title: 'x', frameDrops: [{ episode: 3, frames: 2, reason: 'USB reset' }], frameRateHz: 29.97 },
  { title: 'x', titleCertificate: { number: '1', issuer: 'SZDEX', expires: '2030-12-31' }, provenance: { rig: 'r' } },
  { title: 'x', robot: { jointLimits: { a: [-1, 1] }, velocityLimits: { a: 2 }, urdf: null } },
  { title: 'x', sessions: [{ id: 's1', operator: 'P1', episodes: [0, 9] }], motionExplained: { jumps: 'binary' } },
  ...SAMPLES,
];
const BAD: unknown[] = [
  {},
  null,
  [],
  'text',
  { title: ' ' },
  { title: 3 },
  { title: 'x', colour: 'red' },
  { title: 'x', taskFamilies: ['juggling'] },
  { title: 'x', taskFamilies: 'sorting' },
  { title: 'x', robot: { maker: '' } },
  { title: 'x', robot: { manufacturer: 'Acme' } },
  { title: 'x', robot: { dof: 6.5 } },
  { title: 'x', robot: { jointLimits: { a: [1] } } },
  { title: 'x', robot: { jointLimits: { a: [1, 2, 3] } } },
  { title: 'x', outcomes: [{ episode: -1, outcome: 'success' }] },
  { title: 'x', outcomes: [{ episode: 0, outcome: 'failure', failureMode: 'bad luck' }] },
  { title: 'x', contributors: [{ pseudonym: 'P1', consentHash: 'abc' }] },
  { title: 'x', consentScope: ['everything'] },
  { title: 'x', license: { price: { amountMinor: 1, currency: 'XXX', per: 'dataset' } } },
  { title: 'x', license: { termMonths: 0 } },
  { title: 'x', subtasks: 'many' },
  { title: 'x', subtasks: [{ episode: 0, segments: [] }] },
  { title: 'x', frameRateHz: 0 },
  { title: 'x', titleCertificate: { number: '1', issuer: 'x', expires: 'soon' } },
  { title: 'x', cameras: { top: { intrinsics: 7 } } },
  { title: 'x', units: { action: '' } },
];

describe('what dataset.yaml may say', () => {
  it.each(GOOD.map((value) => [JSON.stringify(value).slice(0, 80), value]))('takes %s', (_, value) => {
    expect(problemsOf(value)).toEqual([]);
    expect(isValidBySchema(value)).toBe(true);
  });

  it.each(BAD.map((value) => [JSON.stringify(value), value]))('refuses %s, by both schemas', (_, value) => {
    expect(problemsOf(value)).not.toEqual([]);
    expect(isValidBySchema(value)).toBe(false);
  });

  it('agrees with its JSON Schema, whatever is put in the place of something right', () => {
    const odd = fc.constantFrom<unknown>(
      null,
      '',
      'x',
      0,
      -1,
      1.5,
      7,
      true,
      [],
      ['x'],
      [1],
      {},
      { x: 1 },
      { en: 'x' },
      [{}],
    );
    fc.assert(
      fc.property(
        fc.nat(GOOD.length - 1),
        fc.array(fc.nat(40), { maxLength: 4 }),
        odd,
        fc.boolean(),
        (good, steps, value, isExtra) => {
          const document = structuredClone(GOOD[good]) as Record<string, unknown>;
          put(document, steps, structuredClone(value), isExtra);
          expect(isValidBySchema(document)).toBe(datasetYamlSchema.safeParse(document).success);
        },
      ),
      { numRuns: 1_500 },
    );
  });

  it('takes the example of its own page', () => {
    const page = readFileSync(new URL('../../../../docs/dataset-yaml.md', import.meta.url), 'utf8');
    const [whole, terms] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text]) => parse(text ?? '') as object);

    expect(problemsOf(whole)).toEqual([]);
    expect(problemsOf({ title: 'x', ...terms })).toEqual([]);
  });

  it('names twelve mistakes at once, each by its place', () => {
    const problems = problemsOf({
      summary: { fr: 'x' },
      taskFamilies: ['juggling', 'sorting', 'swimming'],
      robot: { dof: 1.5, endEffectors: ['hook'], maker: '' },
      outcomes: [{ episode: -1, outcome: 'ok' }],
      license: { price: { amountMinor: -5, currency: 'XXX', per: 'kilo' } },
      colour: 'red',
    });

    expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual([
      '',
      'license.price.amountMinor',
      'license.price.currency',
      'license.price.per',
      'outcomes.0.episode',
      'outcomes.0.outcome',
      'robot.dof',
      'robot.endEffectors.0',
      'robot.maker',
      'robot.maker',
      'summary',
      'taskFamilies.0',
      'taskFamilies.2',
      'title',
    ]);
    expect(problems.join('\n')).toContain('"juggling" is not a term of task_family');
    expect(problems.join('\n')).toContain('Unrecognized key: "colour"');
    expect(problems.join('\n')).toContain('title: is missing');
  });

  it('refuses a structure that is deeper or larger than anything honest, without falling over it', () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i += 1) deep = { a: deep };

    expect(declaredSchema.safeParse({ other: { deep } }).error?.issues[0]?.message).toContain('nested deeper than 20');
    expect(declaredSchema.safeParse({ cameras: { top: { deep } } }).error?.issues[0]?.message).toContain('nested');
    const wide = { other: { list: Array.from({ length: 30_000 }, () => 1) } };
    expect(declaredSchema.safeParse(wide).success).toBe(false);
  });

  it('keeps facts that were declared before it knew more', () => {
    const earlier = {
      robot: {
        embodimentClass: 'dual_arm',
        maker: 'Unitree',
        model: 'G1',
        dof: 29,
        endEffectors: ['dexterous_hand_5f'],
      },
      action: { controlMode: 'joint_position', unit: 'rad', reference: 'absolute', source: 'commanded' },
      units: { action: 'rad' },
      operators: 'two students',
      consentScope: ['research', 'commercial'],
    };

    expect(declaredSchema.parse(earlier)).toEqual(earlier);
  });
});

/** Follows the steps as far as there is something to follow, and puts the value there: over what was, or beside it. */
function put(root: Record<string, unknown>, steps: readonly number[], value: unknown, isExtra: boolean): void {
  let at: Record<string, unknown> | unknown[] = root;
  for (const [i, step] of steps.entries()) {
    const keys = Object.keys(at);
    const key = keys[step % Math.max(1, keys.length)];
    const next = key === undefined ? undefined : (at as Record<string, unknown>)[key];
    if (key !== undefined && i < steps.length - 1 && typeof next === 'object' && next !== null) {
      at = next as Record<string, unknown>;
      continue;
    }
    if (Array.isArray(at)) at[key === undefined || isExtra ? at.length : Number(key)] = value;
    else at[key === undefined || isExtra ? 'extra' : key] = value;
    return;
  }
}
