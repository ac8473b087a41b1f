import type { Vec3 } from './vectors.js';

/** Lengths of the arm in metres; the model and the inverse kinematics share them. */
export const ARM = {
  yawHeight: 0.08,
  shoulderHeight: 0.16,
  upperArm: 0.3,
  forearm: 0.28,
  wristToPads: 0.19,
} as const;

/** Joint angles in radians: yaw, shoulder, elbow, wrist pitch, wrist tilt, wrist roll. */
export type ArmAngles = readonly [number, number, number, number, number, number];

/**
 * Angles that put the pad centre at `pads` with the gripper pointing down, leaning sideways by `tilt` and turned by
 * `roll` (both radians). Exact: the tilt shifts the pads out of the arm's plane, which the yaw takes back.
 *
 * @throws RangeError when the point is out of reach
 */
export function solveArm(pads: Vec3, tilt: number, roll: number): ArmAngles {
  const [x, y, z] = pads;
  const sideways = -ARM.wristToPads * Math.sin(tilt);
  const inPlaneSquared = x * x + y * y - sideways * sideways;
  if (inPlaneSquared <= 0) throw new RangeError(`point ${pads.join(', ')} is inside the column`);
  const r = Math.sqrt(inPlaneSquared);
  const h = z + ARM.wristToPads * Math.cos(tilt) - ARM.shoulderHeight;
  const cosElbow = (r * r + h * h - ARM.upperArm ** 2 - ARM.forearm ** 2) / (2 * ARM.upperArm * ARM.forearm);
  if (Math.abs(cosElbow) > 1) throw new RangeError(`point ${pads.join(', ')} is out of reach`);
  const yaw = Math.atan2(y, x) - Math.atan2(sideways, r);
  const elbow = Math.acos(cosElbow);
  const shoulder =
    Math.atan2(r, h) - Math.atan2(ARM.forearm * Math.sin(elbow), ARM.upperArm + ARM.forearm * Math.cos(elbow));
  return [yaw, shoulder, elbow, Math.PI - shoulder - elbow, tilt, roll];
}

/**
 * Roll that lays the fingers across an object turned by `objectYaw`, when the object looks the same after `period`
 * radians; folded so that the wrist never turns further than half of that.
 */
export function rollToward(pads: Vec3, objectYaw: number, period: number): number {
  const raw = Math.atan2(pads[1], pads[0]) - objectYaw;
  return raw - period * Math.round(raw / period);
}
