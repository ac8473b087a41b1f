import { describe, expect, it } from '@jest/globals';
import type { FeatureStats, StreamFact } from '@app/formats';
import type { LossReport } from '../loss-report.js';
import type { MeasuredSet, ReadBack } from './proof.rules.js';
import { prove } from './proof.rules.js';

function stats(min: number[], max: number[]): FeatureStats {
  const mean = min.map((low, c) => (low + (max[c] ?? 0)) / 2);
  return {
    count: 10,
    min,
    max,
    mean,
    std: mean.map(() => 0.5),
    q01: [],
    q10: [],
    q50: [],
    q90: [],
    q99: [],
    nonFinite: 0,
  };
}

function stream(key: string, of: FeatureStats): StreamFact {
  return {
    key,
    role: 'state',
    dtype: 'float32',
    shape: [of.mean.length],
    names: [],
    unit: null,
    rateHz: 30,
    stats: of,
  };
}

const source: MeasuredSet = {
  episodes: 2,
  frames: 60,
  streams: [stream('joints', stats([0, 1], [2, 3])), stream('gripper', stats([0], [1]))],
  contentRoot: 'aa',
};
const rendition: ReadBack = {
  ...source,
  streams: [stream('observation.state', stats([0, 1, 0], [2, 3, 1]))],
  findings: [{ code: 'UNITS_UNKNOWN', severity: 'warning', message: 'units' }],
  filesVerified: 6,
  damaged: [],
};
const loss: LossReport = {
  target: 'lerobot_v3.0',
  lossless: true,
  losses: [],
  mapping: [
    { from: 'joints', to: 'observation.state', channels: [0, 2] },
    { from: 'gripper', to: 'observation.state', channels: [2, 3] },
  ],
};

describe('the proof of a rendition', () => {
  it('holds where frames, content and every channel are those of the source', () => {
    const { proof, problems } = prove(source, rendition, loss);

    expect(problems).toEqual([]);
    expect(proof).toMatchObject({
      isSameContent: true,
      statistics: { channels: 3, worstRelative: 0 },
      findings: { UNITS_UNKNOWN: 1 },
      filesVerified: 6,
    });
  });

  it.each<[string, Partial<ReadBack>, RegExp]>([
    ['an episode is missing', { episodes: 1 }, /1 episodes instead of 2/],
    ['a frame is missing', { frames: 59 }, /59 frames instead of 60/],
    ['the content of a lossless one differs', { contentRoot: 'bb' }, /content/],
    [
      'a channel is off',
      { streams: [stream('observation.state', stats([0, 1, 0], [2, 3, 1.1]))] },
      /statistics are off/,
    ],
    ['a channel is gone', { streams: [stream('observation.state', stats([0, 1], [2, 3]))] }, /statistics are off/],
    ['a stored file changed', { damaged: ['meta/info.json'] }, /"meta\/info.json"/],
    [
      'our own reader finds an error',
      { findings: [{ code: 'INDEX_GAP', severity: 'error', message: 'gap' }] },
      /INDEX_GAP: gap/,
    ],
  ])('fails where %s', (_, change, problem) => {
    const { problems } = prove(source, { ...rendition, ...change }, loss);

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
  });

  it('lets frames and statistics differ where a stream was resampled, and content where something was lost', () => {
    const resampled: LossReport = {
      ...loss,
      lossless: false,
      losses: [{ what: 'resampled', stream: 'joints', episodes: 2, detail: '' }],
    };
    const other = {
      ...rendition,
      frames: 59,
      contentRoot: 'bb',
      streams: [stream('observation.state', stats([5, 5, 0], [6, 6, 1]))],
    };

    expect(prove(source, other, resampled)).toMatchObject({
      problems: [],
      proof: { isSameContent: false, statistics: { channels: 1, worstRelative: 0 } },
    });
  });
});
