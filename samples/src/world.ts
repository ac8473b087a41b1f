import type { Vec3 } from './vectors.js';

/** What can be picked up. Half sizes in metres; a cylinder's are radius, radius, half height. */
export interface Prop {
  readonly name: string;
  readonly shape: 'box' | 'cylinder';
  readonly half: Vec3;
  readonly colour: string;
  readonly position: Vec3;
  readonly yaw: number;
  readonly massKg: number;
  readonly friction: number;
}

/** What stands still and collides: bins, plates, platforms. */
export interface Fixture {
  readonly name: string;
  readonly shape: 'box' | 'cylinder';
  readonly half: Vec3;
  readonly colour: string;
  readonly position: Vec3;
  readonly yaw: number;
}

/** Everything on the table in one episode. */
export interface World {
  readonly props: readonly Prop[];
  readonly fixtures: readonly Fixture[];
}
