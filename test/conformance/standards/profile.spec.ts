import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { FINDING_SEVERITIES } from '@app/formats';
import type { Evidence, Profile, RuleResult } from '@app/standards';
import { EMBODIED_V2, L1_V1, RULE_OF_FINDING, compareReports, evaluateProfile, gradeOf } from '@app/standards';
import type { ComparableReport } from '@app/standards';
import { vocabularyOf } from '../../../libs/catalog/src/vocabulary/vocabulary.js';
import fc from 'fast-check';
import { cleanEvidence, spread } from './clean-evidence.js';

/** The clean set as if it had been collected in another way, at other rates. */
function collected(method: string | undefined, change: Partial<Evidence['measure']['quality']> = {}): Evidence {
  const { measure, declared, files } = cleanEvidence();
  return {
    measure: { ...measure, quality: { ...measure.quality, ...change } },
    declared: { ...declared, collectionMethod: method },
    files,
  };
}

function ruleOf(evidence: Evidence, rule: string, profile: Profile = EMBODIED_V2): RuleResult | undefined {
  return evaluateProfile(profile, evidence).find((result) => result.rule === rule);
}

const at30Hz = { rates: { action: spread(30), 'observation.state': spread(30), 'observation.images.top': spread(30) } };
const at20Hz = { rates: { action: spread(20), 'observation.state': spread(20), 'observation.images.top': spread(20) } };

describe('thresholds for each way of collecting', () => {
  it.each<[string | undefined, string]>([
    ['teleop_vr', 'fail'],
    ['teleop_leader_follower', 'fail'],
    ['kinesthetic', 'fail'],
    [undefined, 'fail'],
    ['umi_handheld', 'pass'],
    ['egocentric_video', 'pass'],
    ['autonomous_rollout', 'pass'],
    ['simulation', 'pass'],
    ['sim_teleop', 'pass'],
  ])('hold joints at 30 Hz of %s to their own floor: %s', (method, result) => {
    const answer = ruleOf(collected(method, at30Hz), 'ST-2');

    expect(answer?.result).toBe(result);
    expect(answer?.threshold).toContain(method ?? 'not declared');
  });

  it.each<[string, string]>([
    ['simulation', 'pass'],
    ['sim_teleop', 'pass'],
    ['autonomous_rollout', 'fail'],
  ])('hold cameras at 20 Hz of %s to their own floor: %s', (method, result) => {
    expect(ruleOf(collected(method, at20Hz), 'ST-2')?.result).toBe(result);
  });

  it.each<[string, number, string]>([
    ['teleop_vr', 0.009, 'pass'],
    ['teleop_vr', 0.02, 'fail'],
    ['egocentric_video', 0.033, 'pass'],
    ['egocentric_video', 0.04, 'fail'],
    ['generated_video', 0.3, 'not_applicable'],
  ])('let camera and signals of %s be %d s apart: %s', (method, offset, result) => {
    expect(ruleOf(collected(method, { cameraOffsetS: spread(offset) }), 'TM-2')?.result).toBe(result);
  });

  it('hold a simulated set of which nobody says how it was made to those of simulated teleoperation', () => {
    const { measure, declared, files } = collected(undefined, at30Hz);
    const answer = ruleOf({ measure, declared: { ...declared, reality: 'simulated' }, files }, 'ST-2');

    expect(answer).toMatchObject({ result: 'pass', threshold: expect.stringContaining('judged as sim_teleop') });
  });

  it('believes what the data says of its method before what is declared', () => {
    const evidence = collected('simulation', at30Hz);
    const said: Evidence = { ...evidence, measure: { ...evidence.measure, collectionMethod: 'teleop_vr' } };

    expect(ruleOf(said, 'ST-2')).toMatchObject({ result: 'fail', threshold: expect.stringContaining('teleop_vr') });
  });

  it('names only methods that the vocabulary has, and says for each number why', () => {
    const methods = new Set(vocabularyOf('collection_method')?.terms.map(({ code }) => code));
    for (const { id, thresholds } of EMBODIED_V2.rules)
      for (const [name, { byMethod, why }] of Object.entries(thresholds ?? {})) {
        expect([id, name, Object.keys(byMethod ?? {}).filter((method) => !methods.has(method))]).toEqual([
          id,
          name,
          [],
        ]);
        expect(why.length).toBeGreaterThan(30);
      }
  });
});

describe('profiles', () => {
  it.each([L1_V1, EMBODIED_V2])('$id@$version has a home for every finding, and each rule once', ({ rules }) => {
    const ids = rules.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toHaveLength(28);
    for (const rule of Object.values(RULE_OF_FINDING)) expect(ids).toContain(rule);
  });

  it('say in both languages what a rule is about, and how it is judged', () => {
    for (const { title, how, read, externalClause } of EMBODIED_V2.rules) {
      expect(title.zh).toMatch(/\p{Script=Han}/u);
      expect(title.en.length).toBeGreaterThan(10);
      expect(how?.length).toBeGreaterThan(20);
      expect(['M', 'F']).toContain(read);
      expect(externalClause).toBeNull();
    }
  });

  it('version 1 answers as it did when it was published: L1 alone', () => {
    const results = evaluateProfile(L1_V1, cleanEvidence());

    expect(gradeOf(results).grade).toBe('C');
    expect(results.filter(({ level, result }) => (level === 'L1') !== (result === 'pass'))).toEqual([]);
  });

  it('version 1 is the text that was published', () => {
    const text = JSON.stringify(L1_V1);

    expect(createHash('sha256').update(text).digest('hex')).toBe(
      '3035ac6b0ede5f9396021897f0fff5714574760f03fd4d1a7d179c6ab1a9026e',
    );
  });

  it('of another standard are added as data: own ids, own clauses, own numbers', () => {
    const official: Profile = {
      id: 'made-up-standard',
      version: 1,
      title: { en: 'A made-up standard', zh: '虚构标准' },
      externalStandard: 'XX/T 00000-2030',
      rules: [
        {
          id: '4.1',
          check: 'FM-1',
          level: 'L1',
          title: { en: 'files', zh: '文件' },
          threshold: 'none',
          externalClause: '4.1',
        },
        {
          id: '5.2',
          check: 'TM-3',
          level: 'L2',
          title: { en: 'frames', zh: '帧' },
          threshold: '99.99 %',
          thresholds: { completeness: { unit: 'share', default: 0.9999, why: 'clause 5.2' } },
          externalClause: '5.2',
        },
        { id: '9.9', level: 'L3', title: { en: 'smell', zh: '气味' }, threshold: 'good' },
      ],
    };
    const broken = cleanEvidence();
    broken.measure.findings.push({ code: 'BAD_MCAP', severity: 'error', message: 'cut' });

    expect(evaluateProfile(official, cleanEvidence()).map(({ rule, result }) => [rule, result])).toEqual([
      ['4.1', 'pass'],
      ['5.2', 'fail'],
      ['9.9', 'not_checked'],
    ]);
    expect(evaluateProfile(official, broken)[0]?.result).toBe('fail');
  });

  it('give the same answer to the same evidence, and change nothing in it', () => {
    const evidence = cleanEvidence();

    expect(evaluateProfile(EMBODIED_V2, evidence)).toEqual(evaluateProfile(EMBODIED_V2, cleanEvidence()));
    expect(evidence).toEqual(cleanEvidence());
  });
});

describe('whatever was measured and declared', () => {
  const outcome = fc.constantFrom('success' as const, 'failure' as const, 'partial' as const, 'aborted' as const);
  const maybeSpread = fc.option(
    fc.array(fc.double({ noNaN: true }), { minLength: 1, maxLength: 4 }).map((values) => spread(...values)),
    { nil: null },
  );

  it('every rule answers once, and a grade never rests on a rule that was not checked', () => {
    fc.assert(
      fc.property(
        fc.record({
          episodes: fc.nat(5),
          frames: fc.nat(100),
          tasks: fc.array(fc.string(), { maxLength: 2 }),
          cameras: fc.boolean(),
          streams: fc.boolean(),
          quality: fc.record({
            rateRatio: maybeSpread,
            cameraOffsetS: maybeSpread,
            jumps: maybeSpread,
            durationS: maybeSpread,
            videoRowGap: maybeSpread,
          }),
          code: fc.option(
            fc.constantFrom(...(Object.keys(FINDING_SEVERITIES) as (keyof typeof FINDING_SEVERITIES)[])),
            { nil: null },
          ),
          outcomes: fc.array(fc.record({ episode: fc.nat(6), outcome })),
          method: fc.option(fc.constantFrom('teleop_vr', 'simulation', 'constructor', '__proto__'), { nil: undefined }),
          isDeclared: fc.boolean(),
        }),
        ({ episodes, frames, tasks, cameras, streams, quality, code, outcomes, method, isDeclared }) => {
          const clean = cleanEvidence();
          const evidence: Evidence = {
            ...clean,
            measure: {
              ...clean.measure,
              episodes,
              frames,
              tasks,
              cameras: cameras ? clean.measure.cameras : [],
              streams: streams ? clean.measure.streams : [],
              quality: { ...clean.measure.quality, ...quality },
              findings: code ? [{ code, severity: FINDING_SEVERITIES[code], message: 'as injected' }] : [],
            },
            declared: { ...(isDeclared ? clean.declared : {}), outcomes, collectionMethod: method },
          };

          const results = evaluateProfile(EMBODIED_V2, evidence);

          expect(results.map(({ rule }) => rule)).toEqual(EMBODIED_V2.rules.map(({ id }) => id));
          if (code && FINDING_SEVERITIES[code] === 'error')
            expect(results.find(({ rule }) => rule === RULE_OF_FINDING[code])?.result).toBe('fail');
          const { grade } = gradeOf(results);
          const open = new Set(
            results.filter(({ result }) => result === 'fail' || result === 'not_checked').map(({ level }) => level),
          );
          expect(grade).toBe(open.has('L1') ? 'U' : open.has('L2') ? 'C' : open.has('L3') ? 'B' : 'A');
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('two reports', () => {
  const reportOf = (profile: Profile, evidence: Evidence): ComparableReport => {
    const rules = evaluateProfile(profile, evidence);
    const counts: Record<string, number> = {};
    for (const { code } of evidence.measure.findings) counts[code] = (counts[code] ?? 0) + 1;
    return { profile: `${profile.id}@${profile.version}`, grade: gradeOf(rules).grade, rules, counts };
  };

  it('are compared rule by rule: what improved, what worsened, and which findings came and went', () => {
    const before = cleanEvidence();
    before.measure.findings.push({ code: 'BAD_MCAP', severity: 'error', message: 'x' });
    before.measure.findings.push({ code: 'PADDED_TAIL', severity: 'warning', message: 'x' });
    const after = collected('teleop_vr', { completeness: spread(0.5, 1, 1) });
    after.measure.findings.push({ code: 'PADDED_TAIL', severity: 'warning', message: 'x' });
    after.measure.findings.push({ code: 'PADDED_TAIL', severity: 'warning', message: 'x' });

    const comparison = compareReports(
      reportOf(EMBODIED_V2, before),
      reportOf(EMBODIED_V2, { ...after, release: cleanEvidence().release ?? {} }),
    );

    expect(comparison.grade).toEqual({ before: 'U', after: 'C' });
    expect(comparison.improved.map(({ rule }) => rule)).toEqual(['FM-1']);
    expect(comparison.worsened).toEqual([
      expect.objectContaining({
        rule: 'TM-3',
        before: expect.objectContaining({ result: 'pass' }),
        after: expect.objectContaining({ result: 'fail' }),
      }),
    ]);
    expect(comparison.unchanged).toHaveLength(26);
    expect(comparison.changedFindings).toEqual([
      { code: 'BAD_MCAP', before: 1, after: 0 },
      { code: 'PADDED_TAIL', before: 1, after: 2 },
    ]);
  });

  it('of different profiles say so, and set apart the rules that only one of them has', () => {
    const one = reportOf(L1_V1, cleanEvidence());
    const two = reportOf(EMBODIED_V2, cleanEvidence());
    const less: ComparableReport = { ...two, rules: two.rules.filter(({ rule }) => rule !== 'AU-1') };

    expect(compareReports(one, two)).toMatchObject({ isOtherProfile: true, worsened: [], notComparable: [] });
    expect(compareReports(two, less).notComparable).toMatchObject([{ rule: 'AU-1', after: null }]);
  });

  it('compared backwards say the opposite, and leave no rule out', () => {
    const report = fc
      .array(
        fc.record({
          rule: fc.constantFrom(...EMBODIED_V2.rules.map(({ id }) => id)),
          result: fc.constantFrom('pass', 'fail', 'not_checked', 'not_applicable'),
        }),
      )
      .map((answers) => {
        const told = new Map(answers.map((answer) => [answer.rule, answer.result]));
        const rules = [...told].map(
          ([rule, result]) =>
            ({ rule, result, level: 'L1', value: null, threshold: '', where: [], message: '' }) as RuleResult,
        );
        return { profile: 'x@1', grade: gradeOf(rules).grade, rules, counts: { A: answers.length } };
      });
    fc.assert(
      fc.property(report, report, (a, b) => {
        const [there, back] = [compareReports(a, b), compareReports(b, a)];
        const names = (changes: readonly { rule: string }[]): string[] => changes.map(({ rule }) => rule).sort();

        expect(names(there.improved)).toEqual(names(back.worsened));
        expect(names(there.notComparable)).toEqual(names(back.notComparable));
        const all = [...there.improved, ...there.worsened, ...there.unchanged, ...there.notComparable];
        expect(names(all)).toEqual([...new Set([...a.rules, ...b.rules].map(({ rule }) => rule))].sort());
        expect(compareReports(a, a)).toMatchObject({
          improved: [],
          worsened: [],
          notComparable: [],
          changedFindings: [],
        });
      }),
      { numRuns: 200 },
    );
  });
});
