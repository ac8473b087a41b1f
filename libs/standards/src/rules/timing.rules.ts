import type { DatasetMeasure } from '@app/formats';
import type { Check, Limits } from '../verdict.js';
import {
  episodesWhere,
  fail,
  milliseconds,
  notApplicable,
  notChecked,
  pass,
  percent,
  placesOfEpisodes,
  told,
} from '../verdict.js';
import { placesOf } from '../finding-rules.js';
import { streamsOf } from './subject.js';

/** Time goes forward in every stream, on a clock that has a name. */
const goesForward: Check = ({ measure, declared }) => {
  if (measure.frames === 0) return notChecked('no frame could be read');
  const faults = measure.quality.clockFaults;
  if (faults && faults.max > 0)
    return fail(
      `up to ${told(faults.max)} faults in an episode`,
      'time stands still or goes backwards: record with a monotonic clock, and sort by it',
      episodesWhere(faults, (count) => count > 0),
    );
  const hasTimes = faults !== null || streamsOf(measure, 'time').length > 0;
  if (hasTimes)
    return pass('0 faults', `${measure.frames} frames, ${declared.clock ?? 'seconds from the start of each episode'}`);
  if (measure.fps !== null || declared.frameRateHz !== undefined)
    return notApplicable('the format keeps no times of its own: frames are counted at a fixed rate');
  return notChecked('the data has neither times nor a rate: declare frameRateHz');
};

/** Cameras and signals were taken at the same moments. */
const isInStep: Check = ({ measure }, limits) => {
  if (measure.cameras.length === 0 || streamsOf(measure, 'action', 'state').length === 0)
    return notApplicable('there are not both cameras and signals');
  const allowed = allowedOffset(measure, limits);
  if (!allowed) return notApplicable(`${limits.method}: cameras and signals are not held together`);
  const threshold = `${allowed.text} (${limits.method})`;
  const offset = measure.quality.cameraOffsetS;
  if (!offset) return { ...notChecked('the distance of cameras and signals could not be measured'), threshold };
  const value = `at most ${milliseconds(offset.max)}`;
  // A nanosecond is what seconds in floating point may be off.
  const isBad = (s: number): boolean => s > allowed.s + 1e-9;
  return isBad(offset.max)
    ? { ...fail(value, 'cameras and signals are too far apart in time', episodesWhere(offset, isBad)), threshold }
    : { ...pass(value, 'cameras and signals are in step'), threshold };
};

function allowedOffset(measure: DatasetMeasure, limits: Limits): { s: number; text: string } | null {
  const [ms, frames] = [limits.of('offsetMs'), limits.of('offsetFrames')];
  if (ms !== null) return { s: ms / 1000, text: `at most ${told(ms)} ms` };
  const cameraHz = Math.min(...measure.cameras.map((camera) => camera.fps).filter((fps) => fps > 0));
  if (frames === null || !Number.isFinite(cameraHz)) return null;
  return { s: frames / cameraHz, text: `at most ${told(frames)} frame, ${milliseconds(frames / cameraHz)}` };
}

/** Nothing that should be there is left out. */
const isComplete: Check = ({ measure }, limits) => {
  const frozen = measure.findings.filter((finding) => finding.code === 'FROZEN_VIDEO');
  if (frozen[0]) return fail(`${frozen.length} frozen`, frozen[0].message, placesOf(frozen));
  const share = measure.quality.completeness;
  if (!share) return notChecked('completeness could not be measured: the format keeps no times of its own');
  const least = limits.of('completeness') ?? 1;
  const threshold = `at least ${percent(least)} (${limits.method})`;
  const value = `at least ${percent(share.min)}, ${percent(share.mean)} on average`;
  const isBad = (one: number): boolean => one < least;
  return isBad(share.min)
    ? { ...fail(value, 'frames are missing', episodesWhere(share, isBad)), threshold }
    : { ...pass(value, 'frames are complete'), threshold };
};

/** As many pictures as rows, or as many fewer as the provider says. */
const countsAgree: Check = ({ measure, declared }) => {
  if (measure.cameras.length === 0) return notApplicable('the set has no camera');
  const gap = measure.quality.videoRowGap;
  if (!gap)
    return measure.quality.cameraOffsetS
      ? notApplicable('cameras and signals have clocks of their own: TM-2 holds them together')
      : notChecked('pictures and rows could not be counted against each other');
  const drops = new Map((declared.frameDrops ?? []).map((drop) => [drop.episode, drop.frames]));
  const faults = gap.highest.filter(({ value }) => value > 0);
  const unsaid = faults.filter(({ episode, value }) => value > (drops.get(episode) ?? 0));
  const value = `at most ${told(gap.max)} frames apart`;
  if (unsaid.length > 0)
    return fail(value, 'pictures and rows differ in number', placesOfEpisodes(unsaid.map(({ episode }) => episode)));
  // Only the worst ten are kept: when all of them differ, there may be more that nobody declared.
  if (faults.length === gap.highest.length && faults.length < gap.count)
    return notChecked(`more than ${faults.length} episodes differ; only the worst are known`);
  return pass(value, faults.length === 0 ? 'pictures and rows are equal in number' : 'every difference is declared');
};

export const TIMING_RULES = { 'TM-1': goesForward, 'TM-2': isInStep, 'TM-3': isComplete, 'TM-4': countsAgree } as const;
