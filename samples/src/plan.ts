import { FRAME_RATE_HZ, GRIPPER_CLOSE, GRIPPER_OPEN } from './arm.mjcf.js';
import type { ArmAngles } from './kinematics.js';
import { rollToward, solveArm } from './kinematics.js';
import type { Pose } from './physics.js';
import type { Random } from './random.js';
import type { Vec3 } from './vectors.js';
import type { World } from './world.js';

/** What the arm is about during a stretch; all but `retreat` are skills of the catalogue's vocabulary. */
export type Phase = 'reach' | 'grasp' | 'lift' | 'transport' | 'place' | 'release' | 'retreat' | 'hold';

/** A place for the pads to be after `seconds`, reached on a smooth path around the arm's column. */
export interface Waypoint {
  readonly pads: Vec3;
  readonly tilt: number;
  readonly roll: number;
  /** Commanded from the start of this stretch. */
  readonly gripper: number;
  readonly seconds: number;
  readonly phase?: Phase;
  /** The grip that this stretch begins or ends, by the object's name. */
  readonly lifts?: string;
  readonly releases?: string;
}

/** Everything decided about an episode before physics has its say. */
export interface EpisodePlan {
  readonly instruction: string;
  /** The same sentence in Chinese; LeRobot has one language, so it is declared beside the data. */
  readonly instructionZh: string;
  readonly world: World;
  readonly waypoints: readonly Waypoint[];
  /** Share of the goal that the final object positions fulfil, 0 to 1; 1 is success. */
  readonly goalShare: (poses: ReadonlyMap<string, Pose>) => number;
}

/** What the arm is told at one frame. */
export interface Command {
  readonly angles: ArmAngles;
  readonly gripper: number;
  readonly waypoint: number;
}

export const HOME: Waypoint = { pads: [0.3, 0, 0.28], tilt: 0, roll: 0, gripper: GRIPPER_OPEN, seconds: 0 };

function quintic(t: number): number {
  return t * t * t * (10 + t * (6 * t - 15));
}

function between(a: number, b: number, s: number): number {
  return a + (b - a) * s;
}

/** One command for each frame of the way from home through all waypoints; each holds until the next frame. */
export function commandsOf(waypoints: readonly Waypoint[], pace: number): Command[] {
  const commands: Command[] = [];
  let from = HOME;
  waypoints.forEach((to, waypoint) => {
    const frames = Math.max(1, Math.round((to.seconds / pace) * FRAME_RATE_HZ));
    for (let k = 1; k <= frames; k++) {
      const s = quintic(k / frames);
      const angle = between(Math.atan2(from.pads[1], from.pads[0]), Math.atan2(to.pads[1], to.pads[0]), s);
      const radius = between(Math.hypot(from.pads[0], from.pads[1]), Math.hypot(to.pads[0], to.pads[1]), s);
      const pads: Vec3 = [radius * Math.cos(angle), radius * Math.sin(angle), between(from.pads[2], to.pads[2], s)];
      const angles = solveArm(pads, between(from.tilt, to.tilt, s), between(from.roll, to.roll, s));
      commands.push({ angles, gripper: to.gripper, waypoint });
    }
    from = to;
  });
  return commands;
}

/** Frames from `from` up to `to`, half-open, in which the arm is told to do one thing. */
export interface Stretch {
  readonly phase: Phase | null;
  readonly from: number;
  readonly to: number;
}

/** The commands as stretches of one phase each; they cover every frame. */
export function stretchesOf(commands: readonly Command[], waypoints: readonly Waypoint[]): Stretch[] {
  const stretches: Stretch[] = [];
  commands.forEach(({ waypoint }, frame) => {
    const phase = waypoints[waypoint]?.phase ?? null;
    const last = stretches.at(-1);
    if (last && last.phase === phase) stretches[stretches.length - 1] = { ...last, to: frame + 1 };
    else stretches.push({ phase, from: frame, to: frame + 1 });
  });
  return stretches;
}

/** How far an aim misses: most aims are good, some are off by as much as the jaws can no longer forgive. */
export function aimError(random: Random, sloppyShare: number): readonly [number, number] {
  const isSloppy = random.unit() < sloppyShare;
  const distance = isSloppy ? random.between(0.022, 0.034) : random.between(0, 0.007);
  const direction = random.between(-Math.PI, Math.PI);
  return [distance * Math.cos(direction), distance * Math.sin(direction)];
}

export interface Grip {
  readonly object: string;
  readonly at: Vec3;
  readonly yaw: number;
  /** Angle after which the object looks the same to the jaws. */
  readonly period: number;
}

/** Reach over the object, go down, close and lift. The aim is wrong by `error`, as a real perception would be. */
export function pickUp(grip: Grip, error: readonly [number, number], liftTo: number, random: Random): Waypoint[] {
  const aim: Vec3 = [grip.at[0] + error[0], grip.at[1] + error[1], grip.at[2]];
  const roll = rollToward(aim, grip.yaw, grip.period) + random.between(-0.05, 0.05);
  const tilt = random.between(-0.04, 0.04);
  const above: Vec3 = [aim[0], aim[1], aim[2] + 0.1];
  return [
    { pads: above, tilt: random.between(-0.1, 0.1), roll, gripper: GRIPPER_OPEN, seconds: 0.85, phase: 'reach' },
    { pads: aim, tilt, roll, gripper: GRIPPER_OPEN, seconds: 0.6, phase: 'reach' },
    { pads: aim, tilt, roll, gripper: GRIPPER_CLOSE, seconds: 0.4, phase: 'grasp' },
    {
      pads: [aim[0], aim[1], liftTo],
      tilt,
      roll,
      gripper: GRIPPER_CLOSE,
      seconds: 0.6,
      phase: 'lift',
      lifts: grip.object,
    },
  ];
}

/** Carry, lower, open and step back. `at` is where the pads let go. */
export function putDown(object: string, at: Vec3, yaw: number, carryAt: number, random: Random): Waypoint[] {
  const roll = rollToward(at, yaw, Math.PI / 2);
  const tilt = random.between(-0.03, 0.03);
  const above: Vec3 = [at[0], at[1], Math.max(carryAt, at[2] + 0.06)];
  return [
    { pads: above, tilt: random.between(-0.1, 0.1), roll, gripper: GRIPPER_CLOSE, seconds: 1.05, phase: 'transport' },
    { pads: at, tilt, roll, gripper: GRIPPER_CLOSE, seconds: 0.55, phase: 'place', releases: object },
    { pads: at, tilt, roll, gripper: GRIPPER_OPEN, seconds: 0.3, phase: 'release' },
    { pads: above, tilt, roll, gripper: GRIPPER_OPEN, seconds: 0.45, phase: 'retreat' },
  ];
}

export function goHome(random: Random): Waypoint[] {
  const rest: Waypoint = {
    ...HOME,
    pads: [0.3 + random.between(-0.02, 0.02), random.between(-0.04, 0.04), 0.28 + random.between(-0.02, 0.02)],
    tilt: random.between(-0.05, 0.05),
    seconds: 0.75,
    phase: 'retreat',
  };
  return [rest, { ...rest, seconds: 0.35 }];
}

/** Places inside the arm's comfortable reach, at least `apart` metres from each other. */
export function scatter(count: number, apart: number, random: Random): Vec3[] {
  let places: Vec3[] = [];
  for (let tries = 1; places.length < count; tries++) {
    // The first places can leave no room for the rest: begin again.
    if (tries % 40 === 0) places = [];
    const angle = random.between(-0.34, 0.34);
    const radius = random.between(0.29, 0.44);
    const place: Vec3 = [radius * Math.cos(angle), radius * Math.sin(angle), 0];
    if (places.every((p) => Math.hypot(p[0] - place[0], p[1] - place[1]) >= apart)) places.push(place);
  }
  return places;
}
