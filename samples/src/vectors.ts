/** A point or direction, metres where it is a place. */
export type Vec3 = readonly [number, number, number];

/** A rotation as nine numbers in row order, as MuJoCo keeps it. */
export type Mat3 = readonly [number, number, number, number, number, number, number, number, number];

export const IDENTITY: Mat3 = [1, 0, 0, 0, 1, 0, 0, 0, 1];

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vec3, k: number): Vec3 {
  return [a[0] * k, a[1] * k, a[2] * k];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function length(a: Vec3): number {
  return Math.sqrt(dot(a, a));
}

export function normalise(a: Vec3): Vec3 {
  return scale(a, 1 / length(a));
}

/** Turns a direction by a rotation. */
export function rotate(m: Mat3, v: Vec3): Vec3 {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ];
}

export function multiply(a: Mat3, b: Mat3): Mat3 {
  const x = rotate(a, [b[0], b[3], b[6]]);
  const y = rotate(a, [b[1], b[4], b[7]]);
  const z = rotate(a, [b[2], b[5], b[8]]);
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
}

/** Rotation about the world's vertical, radians. */
export function yawRotation(yaw: number): Mat3 {
  const c = Math.cos(yaw);
  const s = Math.sin(yaw);
  return [c, -s, 0, s, c, 0, 0, 0, 1];
}

/** Rotation that lays a shape's own z axis along y: how the joint housings lie. */
export const LYING_ALONG_Y: Mat3 = [1, 0, 0, 0, 0, 1, 0, -1, 0];
