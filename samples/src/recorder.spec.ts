import { describe, expect, it } from '@jest/globals';
import { solveArm } from './kinematics.js';
import { dataRows } from './lerobot-writer.js';
import type { EpisodePlan } from './plan.js';
import { goHome, pickUp } from './plan.js';
import { standing } from './objects.js';
import { Random } from './random.js';
import { record } from './recorder.js';
import { planPlacement } from './task-placement.js';

/** One cube straight ahead, picked up with the given error of aim. */
function pickPlan(error: readonly [number, number]): EpisodePlan {
  const random = new Random(11);
  const cube = standing('cube', 'red', [0.36, 0, 0], random);
  const grip = { object: cube.name, at: cube.position, yaw: cube.yaw, period: Math.PI / 2 };
  return {
    instruction: 'Pick up the red cube.',
    instructionZh: '拿起红色方块。',
    world: { props: [cube], fixtures: [] },
    waypoints: [...pickUp(grip, error, 0.2, random), ...goHome(random)],
    goalShare: (poses) => ((poses.get(cube.name)?.position[2] ?? 0) > 0.15 ? 1 : 0),
  };
}

describe('the arm', () => {
  it('reaches a point with the angles that its inverse kinematics gives', async () => {
    const still: EpisodePlan = {
      ...pickPlan([0, 0]),
      waypoints: [{ pads: [0.38, -0.1, 0.15], tilt: 0.1, roll: 0.3, gripper: 0.04, seconds: 1 }],
    };
    const hold = { ...still, waypoints: [...still.waypoints, ...still.waypoints] };

    const { rows } = await record(hold, 1);

    const pose = rows.at(-1)?.eePose ?? [];
    expect(pose[0]).toBeCloseTo(0.38, 2);
    expect(pose[1]).toBeCloseTo(-0.1, 2);
    expect(pose[2]).toBeCloseTo(0.15, 2);
  });

  it('refuses a point that is out of reach', () => {
    expect(() => solveArm([0.9, 0, 0.1], 0, 0)).toThrow(RangeError);
  });
});

describe('a grasp in physics', () => {
  it('holds the cube by friction alone while it is lifted', async () => {
    const plan: EpisodePlan = pickPlan([0, 0]);
    const lifted = plan.waypoints.slice(0, 4);
    const grips = { ...plan, waypoints: [...lifted, ...lifted.slice(-1)] };

    const { poses, rows, goalShare, gripForceN, failureMode } = await record(grips, 1);

    const name = plan.world.props[0]?.name ?? '';
    const steps = poses.map((p, k) =>
      Math.abs((p.get(name)?.position[2] ?? 0) - (poses[Math.max(0, k - 1)]?.get(name)?.position[2] ?? 0)),
    );
    expect(poses.at(-1)?.get(name)?.position[2]).toBeGreaterThan(0.18);
    expect(Math.max(...steps)).toBeLessThan(0.02);
    expect(Math.min(...(rows.at(-1)?.contactForce ?? [0]))).toBeGreaterThan(2);
    expect(gripForceN).toBeGreaterThan(3);
    expect({ goalShare, failureMode }).toEqual({ goalShare: 1, failureMode: null });
  });

  it('misses when the aim is off by more than the jaws forgive, and says so', async () => {
    const { goalShare, failureMode } = await record(pickPlan([0, 0.034]), 1);

    expect(goalShare).toBe(0);
    expect(failureMode).toBe('missed_grasp');
  });

  it('gives the same rows for the same seed and others for another', async () => {
    const play = async (seed: number): Promise<string> => {
      const recording = await record(planPlacement(new Random(seed)), 1.1);
      return JSON.stringify(dataRows(recording, 0, 0, 0), (_, v: unknown) => (typeof v === 'bigint' ? Number(v) : v));
    };

    const first = await play(5);

    expect(await play(5)).toBe(first);
    expect(await play(6)).not.toBe(first);
  });
});
