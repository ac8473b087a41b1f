import { ARM_BODIES } from './arm.mjcf.js';
import { solveArm } from './kinematics.js';
import type { Pose, Reading } from './physics.js';
import { Simulation } from './physics.js';
import type { EpisodePlan, Stretch } from './plan.js';
import { commandsOf, HOME, stretchesOf } from './plan.js';
import { length, subtract } from './vectors.js';

/** One row of the dataset: what was sensed at k/30 s and what was commanded from then until (k+1)/30 s. */
export interface Row {
  readonly state: readonly number[];
  readonly velocity: readonly number[];
  readonly effort: readonly number[];
  readonly contactForce: readonly number[];
  readonly wrench: readonly number[];
  /** x, y, z, qx, qy, qz, qw. */
  readonly eePose: readonly number[];
  readonly aperture: number;
  readonly action: readonly number[];
}

/** Why an attempt failed, in the catalogue's vocabulary. */
export type FailureMode = 'missed_grasp' | 'drop' | 'unstable_contact';

/** An episode as physics played it. */
export interface Recording {
  readonly plan: EpisodePlan;
  readonly rows: readonly Row[];
  /** For each row, where every body is: what the cameras see. */
  readonly poses: readonly ReadonlyMap<string, Pose>[];
  /** What the arm was told to do, as parts of the episode. */
  readonly stretches: readonly Stretch[];
  readonly goalShare: number;
  readonly failureMode: FailureMode | null;
  /** Mean squeeze per finger in newtons while an object was carried; null when nothing was. */
  readonly gripForceN: number | null;
}

/** Steps of the simulated sensors. The joint encoders have 14 bits a turn. */
const ENCODER_RAD = (2 * Math.PI) / 16384;
const SLIDE_M = 1e-5;
const FORCE_N = 0.01;
/** Fingers that feel less than this, or that are closed to less than the thinnest object, hold nothing. */
const HOLDING_N = 0.5;
const HOLDING_APERTURE_M = 0.025;
/** An object faster than this at the end has not come to rest, so the goal is not reached. */
const AT_REST_M_PER_FRAME = 0.0008;

/** To float32, without the negative zero that rounding leaves and that compares unequal in some readers. */
function stored(value: number): number {
  return Math.fround(value) + 0;
}

function quantise(value: number, step: number): number {
  return stored(Math.round(value / step) * step);
}

function toRow(reading: Reading, action: readonly number[], previous: Row | undefined): Row {
  const [w, x, y, z] = reading.eeRotation;
  const last = previous?.eePose.slice(3) ?? [1, 0, 0, 0];
  // q and -q are the same rotation; keep to the side of the previous row so that the curve has no jumps.
  const agrees = x * (last[0] ?? 0) + y * (last[1] ?? 0) + z * (last[2] ?? 0) + w * (last[3] ?? 0) >= 0;
  const sign = agrees ? 1 : -1;
  return {
    state: reading.position.map((v, i) => quantise(v, i < 6 ? ENCODER_RAD : SLIDE_M)),
    velocity: reading.velocity.map(stored),
    effort: reading.effort.map((v) => quantise(v, FORCE_N)),
    contactForce: reading.contactForce.map((v) => quantise(v, FORCE_N)),
    wrench: reading.wrench.map((v, i) => quantise(v, i < 3 ? FORCE_N : 0.001)),
    eePose: [...reading.eePosition, sign * x, sign * y, sign * z, sign * w].map(stored),
    aperture: quantise(2 * (reading.position[6] ?? 0), SLIDE_M),
    action: action.map(stored),
  };
}

/** Follows the grips of a plan and names what went wrong first. */
class GripWatch {
  private readonly squeezes: number[] = [];
  private carrying: string | undefined;
  failureMode: FailureMode | null = null;

  constructor(private readonly plan: EpisodePlan) {}

  look(waypoint: number, isLastOfWaypoint: boolean, reading: Reading): void {
    // Empty fingers press on each other, so force alone does not tell a grip from a miss.
    const isOnObject = 2 * (reading.position[6] ?? 0) > HOLDING_APERTURE_M;
    const squeeze = isOnObject ? Math.min(...reading.contactForce) : 0;
    if (this.carrying !== undefined) {
      if (squeeze >= HOLDING_N) this.squeezes.push(squeeze);
      else this.lose('drop');
    }
    const step = this.plan.waypoints[waypoint];
    if (!isLastOfWaypoint || !step) return;
    if (step.lifts !== undefined) {
      if (squeeze >= HOLDING_N) this.carrying = step.lifts;
      else this.lose('missed_grasp');
    }
    if (step.releases !== undefined) this.carrying = undefined;
  }

  private lose(mode: FailureMode): void {
    this.failureMode ??= mode;
    this.carrying = undefined;
  }

  meanSqueeze(): number | null {
    return this.squeezes.length === 0 ? null : this.squeezes.reduce((a, b) => a + b, 0) / this.squeezes.length;
  }
}

/** Plays a plan in physics and writes down what happens. `pace` above 1 is a brisker operator. */
export async function record(plan: EpisodePlan, pace: number): Promise<Recording> {
  const simulation = await Simulation.start(plan.world);
  try {
    const bodies = [...ARM_BODIES, ...plan.world.props.map((p) => p.name)];
    const look = (): ReadonlyMap<string, Pose> => new Map(bodies.map((b) => [b, simulation.pose(b)]));
    const home = solveArm(HOME.pads, HOME.tilt, HOME.roll);
    simulation.place(home, HOME.gripper);
    for (let i = 0; i < 15; i++) simulation.advanceFrame();
    const commands = commandsOf(plan.waypoints, pace);
    const rows: Row[] = [];
    const poses: ReadonlyMap<string, Pose>[] = [];
    const watch = new GripWatch(plan);
    commands.forEach((command, k) => {
      rows.push(toRow(simulation.read(), [...command.angles, command.gripper], rows.at(-1)));
      poses.push(look());
      simulation.command(command.angles, command.gripper);
      simulation.advanceFrame();
      watch.look(command.waypoint, commands[k + 1]?.waypoint !== command.waypoint, simulation.read());
    });
    const final = look();
    const before = poses.at(-1);
    const isAtRest = plan.world.props.every(({ name }) => {
      const [a, b] = [before?.get(name), final.get(name)];
      return a !== undefined && b !== undefined && length(subtract(b.position, a.position)) < AT_REST_M_PER_FRAME;
    });
    const share = plan.goalShare(final);
    const goalShare = share === 1 && !isAtRest ? 0 : share;
    return {
      plan,
      rows,
      poses,
      stretches: stretchesOf(commands, plan.waypoints),
      goalShare,
      failureMode: goalShare === 1 ? null : (watch.failureMode ?? 'unstable_contact'),
      gripForceN: watch.meanSqueeze(),
    };
  } finally {
    simulation.dispose();
  }
}
