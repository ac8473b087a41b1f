import loadMujoco from '@mujoco/mujoco';
import type { MainModule, MjData, MjModel } from '@mujoco/mujoco';
import { ARM_BODIES, sceneXml, STEPS_PER_FRAME } from './arm.mjcf.js';
import type { ArmAngles } from './kinematics.js';
import type { Mat3, Vec3 } from './vectors.js';
import type { World } from './world.js';

let engine: Promise<MainModule> | undefined;

function loadEngine(): Promise<MainModule> {
  engine ??= loadMujoco();
  return engine;
}

/** Where a body is: its origin in metres and its rotation in the world. */
export interface Pose {
  readonly position: Vec3;
  readonly rotation: Mat3;
}

/** What the sensors of the arm say at one moment, in SI units; exact, before any quantisation. */
export interface Reading {
  readonly position: readonly number[];
  readonly velocity: readonly number[];
  readonly effort: readonly number[];
  readonly contactForce: readonly [number, number];
  readonly wrench: readonly number[];
  readonly eePosition: Vec3;
  /** w, x, y, z. */
  readonly eeRotation: readonly [number, number, number, number];
}

const DRIVEN = 7;

/** One world running in MuJoCo. It holds memory outside the garbage collector: call `dispose`. */
export class Simulation {
  private constructor(
    private readonly mujoco: MainModule,
    private readonly model: MjModel,
    private readonly data: MjData,
    private readonly bodyIds: ReadonlyMap<string, number>,
  ) {}

  static async start(world: World): Promise<Simulation> {
    const mujoco = await loadEngine();
    const model = mujoco.MjModel.from_xml_string(sceneXml(world));
    const data = new mujoco.MjData(model);
    const names = [...ARM_BODIES, ...world.props.map((p) => p.name)];
    const ids = new Map(names.map((n) => [n, mujoco.mj_name2id(model, mujoco.mjtObj.mjOBJ_BODY.value, n)]));
    return new Simulation(mujoco, model, data, ids);
  }

  /** Puts the arm somewhere without moving through space. Only for the start of an episode. */
  place(angles: ArmAngles, opening: number): void {
    const qpos = this.data.qpos as Float64Array;
    qpos.set([...angles, opening, opening]);
    this.command(angles, opening);
    this.mujoco.mj_forward(this.model, this.data);
  }

  /** Sets the targets of the seven actuators; they hold until the next command. */
  command(angles: ArmAngles, gripper: number): void {
    (this.data.ctrl as Float64Array).set([...angles, gripper]);
  }

  /** Runs one frame (1/30 s) of physics. */
  advanceFrame(): void {
    for (let i = 0; i < STEPS_PER_FRAME; i++) this.mujoco.mj_step(this.model, this.data);
  }

  read(): Reading {
    const sensors = Array.from(this.data.sensordata as Float64Array);
    const at = (i: number): number => sensors[i] ?? Number.NaN;
    return {
      position: Array.from((this.data.qpos as Float64Array).subarray(0, DRIVEN)),
      velocity: Array.from((this.data.qvel as Float64Array).subarray(0, DRIVEN)),
      effort: Array.from((this.data.actuator_force as Float64Array).subarray(0, DRIVEN)),
      contactForce: [at(0), at(1)],
      wrench: sensors.slice(2, 8),
      eePosition: [at(8), at(9), at(10)],
      eeRotation: [at(11), at(12), at(13), at(14)],
    };
  }

  pose(body: string): Pose {
    const id = this.bodyIds.get(body);
    if (id === undefined) throw new RangeError(`no body ${body}`);
    const p = (this.data.xpos as Float64Array).subarray(3 * id, 3 * id + 3);
    const m = (this.data.xmat as Float64Array).subarray(9 * id, 9 * id + 9);
    return {
      position: [p[0] ?? 0, p[1] ?? 0, p[2] ?? 0],
      rotation: [m[0] ?? 0, m[1] ?? 0, m[2] ?? 0, m[3] ?? 0, m[4] ?? 0, m[5] ?? 0, m[6] ?? 0, m[7] ?? 0, m[8] ?? 0],
    };
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }
}
