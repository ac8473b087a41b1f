import { describe, expect, it } from '@jest/globals';
import type { CameraSpec, SignalSpec, SourceHead } from '@app/formats';
import { LossLog } from '../loss-report.js';
import { planFeatures, reportPlan } from './mapping.js';
import type { Survey } from './survey.js';

const unknown = { value: null, reason: 'it is not said' } as const;
const survey: Survey = { fps: { num: 30, den: 1 }, isOutcomeKnown: false, isOutcomePartial: false, absent: new Set() };

function signal(key: string, role: SignalSpec['role'], more: Partial<SignalSpec> = {}): SignalSpec {
  const names = ['a', 'b'];
  return { key, role, dtype: 'float32', shape: [2], names, unit: unknown, clock: 'frames', nominalRateHz: 30, ...more };
}

function camera(key: string, name: string, more: Partial<CameraSpec> = {}): CameraSpec {
  const rest = { width: 4, height: 4, nominalRateHz: 30, clock: 'frames', declaredCodec: null } as const;
  return { key, name, kind: 'rgb', carrier: 'images', ...rest, ...more };
}

function head(signals: SignalSpec[], cameras: CameraSpec[] = [], format: SourceHead['format'] = 'hdf5'): SourceHead {
  return {
    format,
    formatVersion: 'test',
    fps: { value: { num: 30, den: 1 } },
    robotType: unknown,
    collectionMethod: unknown,
    reality: unknown,
    signals,
    cameras,
    tasks: [],
    referenceKey: null,
    announcedEpisodes: null,
  };
}

const keysOf = (source: SourceHead, with_: Partial<Survey> = {}): string[] =>
  planFeatures(source, { ...survey, ...with_ }).mapping.map(({ from, to }) => `${from} -> ${to}`);

describe('the mapping to LeRobot', () => {
  it('puts states side by side, and actions, and says which channels are whose', () => {
    const plan = planFeatures(
      head([
        signal('obs/joints', 'state'),
        signal('actions', 'action'),
        signal('obs/gripper', 'state', { shape: [], names: [] }),
      ]),
      survey,
    );

    expect(plan.numeric.map(({ key, shape, names }) => [key, shape, names])).toEqual([
      ['observation.state', [3], ['joints.a', 'joints.b', 'gripper.0']],
      ['action', [2], ['a', 'b']],
    ]);
    expect(plan.mapping).toContainEqual({ from: 'obs/gripper', to: 'observation.state', channels: [2, 3] });
  });

  it('gives everything else a name of its own, safe in paths, and never the same twice', () => {
    const source = head(
      [
        signal('/force torque', 'other'),
        signal('steps/observation/depth_scale', 'other'),
        signal('force_torque', 'other'),
        signal('rewards', 'reward', { shape: [1] }),
        signal('dones', 'done', { shape: [1] }),
        signal('obs/ids', 'state', { dtype: 'int64' }),
      ],
      [camera('a/b', 'top view/1'), camera('c', 'top_view.1')],
    );

    expect(keysOf(source)).toEqual([
      '/force torque -> observation.force_torque',
      'steps/observation/depth_scale -> observation.depth_scale',
      'force_torque -> observation.force_torque_2',
      'rewards -> next.reward',
      'dones -> next.done',
      'obs/ids -> observation.ids',
      'a/b -> observation.images.top_view.1',
      'c -> observation.images.top_view.1_2',
    ]);
  });

  it('keeps the keys, types and pictures of LeRobot, but for the five features that every set has', () => {
    const source = head(
      [
        signal('state', 'state', { dtype: 'float64' }),
        signal('timestamp', 'time'),
        signal('note', 'language', { dtype: 'string', shape: [1] }),
      ],
      [camera('observation.image', 'image')],
      'lerobot',
    );
    const plan = planFeatures(source, survey);

    expect(plan.numeric).toMatchObject([{ key: 'state', dtype: 'float64' }]);
    expect(plan.texts).toEqual([{ key: 'note', source: 'note' }]);
    expect(plan.cameras).toMatchObject([{ key: 'observation.image', carrier: 'pictures' }]);
  });

  it('makes outcomes only where every episode has one, and not over those of the source', () => {
    const plain = head([signal('s', 'state')]);
    const outcome = (source: SourceHead, isOutcomeKnown: boolean) =>
      planFeatures(source, { ...survey, isOutcomeKnown }).outcome;

    expect(outcome(plain, true)).toEqual({ success: true, done: true });
    expect(outcome(plain, false)).toEqual({ success: false, done: false });
    expect(outcome(head([signal('dones', 'done')]), true)).toEqual({ success: true, done: false });
    expect(outcome({ ...plain, format: 'lerobot' }, true)).toEqual({ success: false, done: false });
  });

  it('says what it leaves out and why', () => {
    const source = head(
      [
        signal('clock', 'time'),
        signal('lost', 'other'),
        signal('said', 'language', { dtype: 'string', shape: [1] }),
        signal('cube', 'other', { shape: [1, 1, 1, 1, 2, 2] }),
      ],
      [camera('gone', 'gone')],
    );
    const partial = { ...survey, absent: new Set(['lost', 'gone']), isOutcomePartial: true };
    const plan = planFeatures(source, partial);
    const log = new LossLog('lerobot_v3.0', plan.mapping);
    reportPlan(source, partial, plan, log);

    expect(log.finish().losses.map(({ what, stream }) => [what, stream])).toEqual([
      ['stream_left_out', 'clock'],
      ['stream_left_out', 'lost'],
      ['text_left_out', 'said'],
      ['stream_left_out', 'gone'],
      ['shape_flattened', 'cube'],
      ['outcome_left_out', undefined],
    ]);
    expect(plan.numeric.find((feature) => feature.key === 'observation.cube')?.shape).toEqual([4]);
  });
});

describe('the loss report', () => {
  it('counts an episode once, keeps the worst and adds up the rest', () => {
    const log = new LossLog('lerobot_v2.1', []);
    for (const [episode, worstAgeS] of [
      [0, 0.1],
      [0, 0.3],
      [1, 0.2],
    ] as const)
      log.add('resampled', 'why', { stream: 'a', episode, figures: { worstAgeS, samplesDropped: 2 } });

    expect(log.finish()).toEqual({
      target: 'lerobot_v2.1',
      lossless: false,
      losses: [
        { what: 'resampled', stream: 'a', episodes: 2, detail: 'why', figures: { worstAgeS: 0.3, samplesDropped: 6 } },
      ],
      mapping: [],
    });
    expect(new LossLog('lerobot_v2.1', []).finish().lossless).toBe(true);
  });
});
