import type { CameraSpec, SignalSpec, SourceHead } from '@app/formats';
import type { Mapping } from '../loss-report.js';
import type { LossLog } from '../loss-report.js';
import type { Survey } from './survey.js';
import { isNumeric } from './survey.js';

/** One signal of the source inside a feature of the rendition. */
export interface FeaturePart {
  readonly key: string;
  /** Values of one row. */
  readonly width: number;
}

/** A numeric feature: the values of its parts side by side. */
export interface NumericFeature {
  readonly key: string;
  /** As info.json declares it. */
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly names: readonly string[];
  readonly parts: readonly FeaturePart[];
}

/** A text per frame. */
export interface TextFeature {
  readonly key: string;
  readonly source: string;
}

/**
 * How a camera is written. `video`: packets copied where they can be; `encode`: pictures become H.264;
 * `pictures`: embedded as they are, or as 16-bit PNG.
 */
export interface CameraFeature {
  readonly key: string;
  readonly spec: CameraSpec;
  readonly carrier: 'video' | 'encode' | 'pictures';
}

/** The features of a rendition, besides the five that every LeRobot set has. */
export interface FeaturePlan {
  readonly numeric: readonly NumericFeature[];
  readonly texts: readonly TextFeature[];
  readonly cameras: readonly CameraFeature[];
  /** Whether `next.success` and `next.done` are made from the episodes' outcomes. */
  readonly outcome: { readonly success: boolean; readonly done: boolean };
  readonly mapping: readonly Mapping[];
}

export const ROW_FEATURES = ['timestamp', 'frame_index', 'episode_index', 'index', 'task_index'] as const;

const ROW_KEYS = new Set<string>(ROW_FEATURES);
const STATE = 'observation.state';
const ACTION = 'action';
/** Wider than any posture: point clouds and scans stay features of their own. */
const MAX_JOINED_WIDTH = 1024;
/** LeRobot has tensors of up to five dimensions; what is deeper becomes flat. */
const MAX_DIMENSIONS = 5;

/** Decides which feature every stream becomes. Sets that are LeRobot keep their keys, types and order. */
export function planFeatures(head: SourceHead, survey: Survey): FeaturePlan {
  const isLerobot = head.format === 'lerobot';
  const keys = new KeyBook();
  const mapping: Mapping[] = [];
  const numeric: NumericFeature[] = [];
  const signals = head.signals.filter(
    (spec) => isNumeric(spec) && !ROW_KEYS.has(spec.key) && widthOf(spec) > 0 && !survey.absent.has(spec.key),
  );
  if (isLerobot) {
    for (const spec of signals) {
      numeric.push(featureOf(keys.take(spec.key), [spec], spec.dtype));
      mapping.push({ from: spec.key, to: spec.key });
    }
  } else {
    const usable = signals.filter((spec) => spec.role !== 'time' && spec.role !== 'index');
    for (const [role, key] of [
      ['state', STATE],
      ['action', ACTION],
    ] as const) {
      const joined = usable.filter((spec) => spec.role === role && isVector(spec));
      const width = joined.reduce((sum, spec) => sum + widthOf(spec), 0);
      const parts = width <= MAX_JOINED_WIDTH ? joined : joined.slice(0, 1);
      if (parts.length === 0) continue;
      numeric.push(featureOf(keys.take(key), parts, 'float32'));
      let at = 0;
      for (const spec of parts) {
        mapping.push({ from: spec.key, to: key, channels: [at, at + widthOf(spec)] });
        at += widthOf(spec);
      }
    }
    const taken = new Set(numeric.flatMap((feature) => feature.parts.map((part) => part.key)));
    for (const spec of usable) {
      if (taken.has(spec.key)) continue;
      const to = keys.take(keyFor(spec, keys));
      numeric.push(
        featureOf(to, [spec], spec.dtype === 'float64' || spec.dtype === 'float16' ? 'float32' : spec.dtype),
      );
      mapping.push({ from: spec.key, to });
    }
  }
  const texts: TextFeature[] = [];
  for (const spec of isLerobot ? head.signals : []) {
    if (spec.dtype !== 'string' || survey.absent.has(spec.key)) continue;
    texts.push({ key: keys.take(spec.key), source: spec.key });
    mapping.push({ from: spec.key, to: spec.key });
  }
  const cameras: CameraFeature[] = [];
  for (const spec of head.cameras) {
    if (survey.absent.has(spec.key)) continue;
    const key = keys.take(isLerobot ? spec.key : `observation.images.${clean(spec.name)}`);
    const carrier = spec.carrier === 'video' ? 'video' : isLerobot || spec.kind === 'depth' ? 'pictures' : 'encode';
    cameras.push({ key, spec, carrier });
    mapping.push({ from: spec.key, to: key });
  }
  const canSay = !isLerobot && survey.isOutcomeKnown;
  return {
    numeric,
    texts,
    cameras,
    outcome: { success: canSay && !keys.has('next.success'), done: canSay && !keys.has('next.done') },
    mapping,
  };
}

/** Says what the plan leaves out of the source. */
export function reportPlan(head: SourceHead, survey: Survey, plan: FeaturePlan, log: LossLog): void {
  const kept = new Set(plan.mapping.map((line) => line.from));
  for (const spec of head.signals) {
    if (kept.has(spec.key) || ROW_KEYS.has(spec.key)) continue;
    if (survey.absent.has(spec.key) && isNumeric(spec))
      log.add(
        'stream_left_out',
        'some episodes do not have this stream, and LeRobot has every feature in every episode',
        {
          stream: spec.key,
        },
      );
    else if (!isNumeric(spec))
      log.add('text_left_out', 'texts other than tasks have no place; tasks are kept', { stream: spec.key });
    else if (spec.role === 'time' || spec.role === 'index')
      log.add('stream_left_out', 'clocks and counters of the source are replaced by those of LeRobot', {
        stream: spec.key,
      });
    else log.add('stream_left_out', 'this stream has no values', { stream: spec.key });
  }
  for (const spec of head.cameras) {
    if (!kept.has(spec.key))
      log.add(
        'stream_left_out',
        'some episodes do not have this camera, and LeRobot has every feature in every episode',
        {
          stream: spec.key,
        },
      );
  }
  for (const spec of head.signals) {
    if (kept.has(spec.key) && spec.shape.length > MAX_DIMENSIONS)
      log.add('shape_flattened', `its ${spec.shape.length} dimensions are written as one`, { stream: spec.key });
  }
  if (survey.isOutcomePartial)
    log.add('outcome_left_out', 'only some episodes say whether they succeeded, and LeRobot has no "unknown"');
}

function featureOf(key: string, parts: readonly SignalSpec[], dtype: string): NumericFeature {
  const [only] = parts;
  const isOne = parts.length === 1 && only !== undefined;
  const width = parts.reduce((sum, spec) => sum + widthOf(spec), 0);
  const shape = isOne && only.shape.length > 0 && only.shape.length <= MAX_DIMENSIONS ? only.shape : [width];
  return {
    key,
    dtype,
    shape,
    names: isOne ? only.names : joinNames(parts),
    parts: parts.map((spec) => ({ key: spec.key, width: widthOf(spec) })),
  };
}

/** `joint_pos.0`, `gripper.width`: unique also where two signals have the same names. */
function joinNames(parts: readonly SignalSpec[]): string[] {
  return parts.flatMap((spec) => {
    const short = clean(spec.key.split('/').at(-1) ?? spec.key);
    return Array.from({ length: widthOf(spec) }, (_, c) => `${short}.${spec.names[c] ?? c}`);
  });
}

export function widthOf(spec: { readonly shape: readonly number[] }): number {
  return spec.shape.reduce((product, length) => product * length, 1);
}

function isVector(spec: SignalSpec): boolean {
  return spec.shape.length <= 1 && /^float/.test(spec.dtype);
}

/** What a stream of another format is called in LeRobot. */
function keyFor(spec: SignalSpec, keys: KeyBook): string {
  if (spec.role === 'reward' && !keys.has('next.reward')) return 'next.reward';
  if (spec.role === 'done' && /(^|[/._])(dones?|is_last)$/i.test(spec.key) && !keys.has('next.done'))
    return 'next.done';
  const bare = clean(spec.key.replace(/^\/*(steps\/)?(obs|observations?)[/.]/, ''));
  if (spec.role === 'action') return `action.${bare.replace(/^actions?[._]/, '')}`;
  return bare.startsWith('next.') ? bare : `observation.${bare}`;
}

/** Feature keys go into paths and column names. */
function clean(text: string): string {
  const safe = text
    .replace(/^\/+/, '')
    .replace(/\//g, '.')
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/\.{2,}/g, '.')
    .replace(/^\.+|\.+$/g, '')
    .slice(0, 100);
  return safe === '' ? 'unnamed' : safe;
}

/** Gives out every key once. */
class KeyBook {
  private readonly taken = new Set<string>(ROW_FEATURES);

  has(key: string): boolean {
    return this.taken.has(key);
  }

  take(wanted: string): string {
    let key = wanted;
    for (let n = 2; this.taken.has(key); n += 1) key = `${wanted}_${n}`;
    this.taken.add(key);
    return key;
  }
}
