import type { StreamFact } from '@app/formats';
import type { DeclaredFacts } from '../declared.js';
import { placesOf } from '../finding-rules.js';
import { unitOf } from '../l1.rules.js';
import type { Check } from '../verdict.js';
import { episodesWhere, fail, notApplicable, notChecked, pass, percent, told, verdictOf } from '../verdict.js';
import { movesGripper, streamsOf } from './subject.js';

/** Streams that are named like joints and are not their positions. */
const NOT_POSITION = /vel|effort|torque|force|wrench|current|temp|acc|tactile/i;
const RATE_OR_FORCE = /\/s|N\b|A\b|°C/;

type Limit = readonly [number, number];

/** Joints stay inside their limits, and do not jump. */
const staysInside: Check = ({ measure, declared }, limits) => {
  const states = streamsOf(measure, 'state');
  if (states.length === 0) return notApplicable('the set has no state');
  const said = measure.findings.filter(({ code }) => code === 'ACTION_OUT_OF_RANGE');
  if (said[0]) return fail(`${said.length} out of range`, said[0].message, placesOf(said));
  const tolerance = limits.of('limitTolerance') ?? 0;
  const { jointLimits, velocityLimits } = declared.robot ?? {};
  const explained = declared.motionExplained;
  const joints = states.filter((stream) => isPosition(stream, declared));
  const { outside, judged } = outsideOf(joints, jointLimits ?? {}, measure.quality.ranges, tolerance);
  if (outside.length > 0 && explained?.limits === undefined)
    return fail(`${outside.length} joints outside`, outside.slice(0, 20).join('; '));
  const { jumps, maxSpeed } = measure.quality;
  if (jumps && jumps.max > 0 && explained?.jumps === undefined) {
    const value = `up to ${told(jumps.max)} jumps in an episode`;
    const where = episodesWhere(jumps, (count) => count > 0);
    // A gripper may open within a frame, a velocity turn: only the provider knows whether that was meant.
    const isJointsOnly = joints.length === states.length && states.every(({ names }) => names.length > 0);
    if (!isJointsOnly || states.some((stream) => movesGripper(stream, [])))
      return { ...notChecked(`${value}: say in motionExplained.jumps whether they are meant`), value, where };
    return fail(
      value,
      'a joint jumps by more than half of its range in one frame: cut these frames, or say why',
      where,
    );
  }
  const speeds = Object.values(velocityLimits ?? {});
  const only = states.length === 1 ? joints[0] : undefined;
  const fastest = Math.max(...speeds) * (1 + tolerance);
  if (only && maxSpeed && speeds.length > 0 && maxSpeed.max > fastest)
    return fail(
      `${told(maxSpeed.max)} per second`,
      `${only.key} moves faster than any declared velocity limit`,
      episodesWhere(maxSpeed, (speed) => speed > fastest),
    );
  const missing: string[] = [];
  if (joints.length === 0) return notApplicable('no state is a position of joints');
  if (!jointLimits) missing.push('joint limits (robot.jointLimits)');
  else if (judged === 0) missing.push('joint limits by the names that the state has');
  if (!jumps) missing.push('jumps, which could not be measured');
  const value = `${judged - outside.length} of ${judged} joints inside, at most ${told(jumps?.max ?? 0)} jumps in an episode`;
  const reason = outside.length > 0 ? explained?.limits : (jumps?.max ?? 0) > 0 ? explained?.jumps : undefined;
  return verdictOf([], missing, pass(value, reason ? `explained: ${reason}` : 'joints stay inside their limits'));
};

/** Where one unit is said for the stream it decides; else the name does. */
function isPosition(stream: StreamFact, declared: DeclaredFacts): boolean {
  return !NOT_POSITION.test(stream.key) && !RATE_OR_FORCE.test(unitOf(stream, declared) ?? '');
}

function outsideOf(
  joints: readonly StreamFact[],
  jointLimits: Readonly<Record<string, Limit>>,
  ranges: Readonly<Record<string, { min: number[]; max: number[] }>>,
  tolerance: number,
): { outside: string[]; judged: number } {
  const outside: string[] = [];
  let judged = 0;
  for (const stream of joints) {
    const range = ranges[stream.key];
    if (!range) continue;
    stream.names.forEach((name, channel) => {
      const limit = limitOfJoint(name, jointLimits);
      const [min, max] = [range.min[channel], range.max[channel]];
      if (!limit || min === undefined || max === undefined) return;
      judged += 1;
      const slack = (limit[1] - limit[0]) * tolerance;
      if (min < limit[0] - slack || max > limit[1] + slack)
        outside.push(
          `${name} of ${stream.key} goes from ${told(min)} to ${told(max)}, limits ${limit[0]} to ${limit[1]}`,
        );
    });
  }
  return { outside, judged };
}

/** LeRobot writes "elbow.pos" where a robot description says "elbow". */
function limitOfJoint(name: string, jointLimits: Readonly<Record<string, Limit>>): Limit | undefined {
  const short = name.replace(/\.(pos|q|position)$/i, '');
  const key = [name, short].find((one) => Object.hasOwn(jointLimits, one));
  return key === undefined ? undefined : jointLimits[key];
}

/** How it moves is told: a report, not a judgement. */
const isReported: Check = ({ measure }) => {
  if (streamsOf(measure, 'state', 'action').length === 0) return notApplicable('the set has no state and no action');
  const { jerk, idleShare, durationS, paddedTail } = measure.quality;
  if (!jerk || !idleShare || !durationS) {
    const open = [...(jerk ? [] : ['jerk']), ...(idleShare ? [] : ['idle share']), ...(durationS ? [] : ['duration'])];
    return notChecked(`could not be measured: ${open.join(', ')}`);
  }
  const ratio = (value: number): string => told(durationS.mean > 0 ? value / durationS.mean : 0);
  return pass(
    `jerk up to ${told(jerk.max)} per s³; idle ${percent(idleShare.mean)} on average, at most ${percent(idleShare.max)}, padded up to ${told(paddedTail?.max ?? 0)} rows; ` +
      `duration ${told(durationS.min)} to ${told(durationS.max)} s, ${ratio(durationS.min)} to ${ratio(durationS.max)} of the mean`,
    'jerk, idle share and durations are reported',
  );
};

export const MOTION_RULES = { 'MO-1': staysInside, 'MO-2': isReported } as const;
