import type { Mesh } from './meshes.js';
import type { Mat3, Vec3 } from './vectors.js';
import { cross, normalise, subtract } from './vectors.js';

/** Linear-light colour, 0..1 each. */
export type Colour = readonly [number, number, number];

/** A surface: its colour where the world point is (x, y, z) with a pixel covering `footprint` metres, and its shine. */
export interface Surface {
  readonly colour: Colour;
  readonly shine: number;
  readonly pattern?: (x: number, y: number, footprint: number) => Colour;
}

/** A mesh somewhere in the world. */
export interface Thing {
  readonly mesh: Mesh;
  readonly surface: Surface;
  readonly position: Vec3;
  readonly rotation: Mat3;
  /** False for the ground, which only receives shadows. */
  readonly castsShadow?: boolean;
}

/** A pinhole camera. The rows of `rotation` are its right, down and forward directions in the world. */
export interface Camera {
  readonly position: Vec3;
  readonly rotation: Mat3;
  /** Focal length in pixels of the finished picture. */
  readonly focal: number;
}

/** One sun, a sky and a floor that gives back some light. */
export interface Light {
  readonly toSun: Vec3;
  readonly sun: number;
  readonly sky: Colour;
  readonly bounce: Colour;
  readonly exposure: number;
}

/** A camera at `position` that looks at `target`, with `up` roughly upwards in the picture. */
export function cameraLookingAt(position: Vec3, target: Vec3, up: Vec3, focal: number): Camera {
  const forward = normalise(subtract(target, position));
  const right = normalise(cross(forward, up));
  const down = cross(forward, right);
  return { position, rotation: [...right, ...down, ...forward], focal };
}

/** From a colour as people write it (#rrggbb, sRGB) to linear light. */
export function colourOf(hex: string): Colour {
  const channel = (at: number): number => {
    const v = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}
