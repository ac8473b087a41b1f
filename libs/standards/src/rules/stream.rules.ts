import type { CameraFact, DatasetMeasure, Spread, StreamFact } from '@app/formats';
import type { RulePlace } from '../profile.js';
import { unitOf, widthOf } from '../l1.rules.js';
import type { Check, Limits } from '../verdict.js';
import {
  episodesWhere,
  fail,
  look,
  notApplicable,
  notChecked,
  pass,
  percent,
  placesOfEpisodes,
  told,
  verdictOf,
} from '../verdict.js';
import { streamsOf } from './subject.js';

/** Every stream says what it is. */
const isAnnounced: Check = ({ measure, declared }) => {
  if (measure.streams.length === 0 && measure.cameras.length === 0) return notChecked('no stream could be read');
  const wrong: string[] = [];
  const missing: string[] = [];
  for (const camera of measure.cameras) {
    if (camera.width === 0 || camera.height === 0 || camera.codec === '')
      wrong.push(`${camera.key}: no readable camera`);
  }
  for (const stream of streamsOf(measure, 'image', 'video')) {
    if (!measure.cameras.some((camera) => camera.key === stream.key)) wrong.push(`${stream.key}: no readable camera`);
  }
  const signals = streamsOf(measure, 'action', 'state');
  for (const stream of signals) {
    look(`unit of ${stream.key}`, unitOf(stream, declared), wrong, missing);
    if ((stream.rateHz ?? stream.measuredRateHz ?? declared.frameRateHz ?? null) === null)
      missing.push(`rate of ${stream.key} (frameRateHz)`);
    if (!areNamesRight(stream))
      wrong.push(`${stream.key} has ${widthOf(stream)} dimensions and ${stream.names.length} names`);
  }
  if (measure.modalities.length === 0 && (declared.modalities?.length ?? 0) === 0)
    missing.push('what the streams are (modalities): none is recognised by its name');
  const all = 'unit, rate and shape of every stream, size and codec of every camera are known';
  return verdictOf(wrong, missing, pass(`${signals.length + measure.cameras.length} streams`, all));
};

/** One name for a whole vector ("state") names no channel; names of a table may be those of one side. */
function areNamesRight(stream: StreamFact): boolean {
  const { length } = stream.names;
  return length < 2 || length === widthOf(stream) || stream.shape.includes(length);
}

/** Measured rates are the nominal ones, and high enough for the way of collecting. */
const runsAtItsRate: Check = ({ measure, declared }, limits) => {
  const signals = streamsOf(measure, 'action', 'state');
  if (signals.length === 0 && measure.cameras.length === 0) return notApplicable('the set has no signal and no camera');
  const tolerance = limits.of('rateTolerance') ?? 0;
  const facts: string[] = [];
  const wrong: string[] = [];
  const where: RulePlace[] = [];
  let measured = 0;
  for (const floor of floorsOf(measure, declared.frameRateHz ?? null, limits)) {
    if (floor.isMeasured) measured += 1;
    facts.push(`${floor.what} ${told(floor.rateHz)} Hz`);
    // 29.97 is what the field calls 30: the floor has the tolerance of the rate.
    if (floor.minHz !== null && floor.rateHz < floor.minHz * (1 - tolerance)) {
      wrong.push(`${floor.what} run at ${told(floor.rateHz)} Hz (${floor.key}), below ${told(floor.minHz)} Hz`);
      if (floor.spread) where.push(...episodesWhere(floor.spread, (hz) => hz < (floor.minHz ?? 0) * (1 - tolerance)));
    }
  }
  const ratio = measure.quality.rateRatio;
  const isOff = (value: number): boolean => Math.abs(value - 1) > tolerance;
  if (ratio) {
    facts.push(`measured over nominal ${told(ratio.min)} to ${told(ratio.max)}`);
    if (isOff(ratio.min) || isOff(ratio.max)) {
      wrong.push('a stream does not run at its nominal rate');
      where.push(...episodesWhere(ratio, isOff));
    }
  }
  const threshold = thresholdText(tolerance, limits);
  if (wrong.length > 0)
    return {
      ...fail(facts.join('; '), wrong.join('; '), placesOfEpisodes(where.flatMap(({ episode }) => episode ?? []))),
      threshold,
    };
  if (!ratio && measured === 0)
    return { ...notChecked('the format keeps no times of its own, so that no rate can be measured'), threshold };
  return { ...pass(facts.join('; '), 'measured rates are the nominal ones, and high enough'), threshold };
};

interface Floor {
  readonly what: 'cameras' | 'states' | 'actions';
  readonly key: string;
  readonly rateHz: number;
  readonly minHz: number | null;
  readonly isMeasured: boolean;
  readonly spread?: Spread;
}

/** The slowest camera, and of states and of actions the fastest: a robot may also tell its battery once a second. */
function floorsOf(measure: DatasetMeasure, declaredHz: number | null, limits: Limits): Floor[] {
  const floors: Floor[] = [];
  const cameras = measure.cameras
    .flatMap((camera) => rateOfCamera(measure, camera, declaredHz) ?? [])
    .sort((a, b) => a.rateHz - b.rateHz);
  if (cameras[0]) floors.push({ ...cameras[0], what: 'cameras', minHz: limits.of('cameraHz') });
  for (const [role, what] of [
    ['state', 'states'],
    ['action', 'actions'],
  ] as const) {
    const rates = streamsOf(measure, role)
      .flatMap((stream) => rateOfStream(measure, stream, declaredHz) ?? [])
      .sort((a, b) => b.rateHz - a.rateHz);
    if (rates[0]) floors.push({ ...rates[0], what, minHz: limits.of('jointHz') });
  }
  return floors;
}

type MeasuredRate = Pick<Floor, 'key' | 'rateHz' | 'isMeasured' | 'spread'>;

function rateOfCamera({ quality }: DatasetMeasure, camera: CameraFact, declaredHz: number | null): MeasuredRate | null {
  const spread = quality.rates[camera.key] ?? quality.rates[camera.name];
  if (spread) return { key: camera.key, rateHz: spread.min, isMeasured: true, spread };
  if (camera.fps > 0) return { key: camera.key, rateHz: camera.fps, isMeasured: camera.carrier === 'video' };
  return declaredHz === null ? null : { key: camera.key, rateHz: declaredHz, isMeasured: false };
}

function rateOfStream(measure: DatasetMeasure, stream: StreamFact, declaredHz: number | null): MeasuredRate | null {
  const time = measure.streams.find(({ role }) => role === 'time')?.key ?? 'frames';
  const spread = measure.quality.rates[stream.key] ?? measure.quality.rates[time] ?? measure.quality.rates['frames'];
  if (spread) return { key: stream.key, rateHz: spread.min, isMeasured: true, spread };
  const own = stream.measuredRateHz ?? null;
  const rateHz = own ?? stream.rateHz ?? declaredHz;
  return rateHz === null ? null : { key: stream.key, rateHz, isMeasured: own !== null };
}

function thresholdText(tolerance: number, limits: Limits): string {
  const [camera, joint] = [limits.of('cameraHz'), limits.of('jointHz')];
  return [
    `within ${percent(tolerance)} of nominal`,
    ...(camera === null ? [] : [`cameras at least ${told(camera)} Hz`]),
    ...(joint === null ? [] : [`states and actions at least ${told(joint)} Hz`]),
  ]
    .join(', ')
    .concat(` (${limits.method})`);
}

export const STREAM_RULES = { 'ST-1': isAnnounced, 'ST-2': runsAtItsRate } as const;
