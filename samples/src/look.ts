import { ARM } from './kinematics.js';
import type { Mesh } from './meshes.js';
import { box, cylinder, link } from './meshes.js';
import type { Pose } from './physics.js';
import type { Random } from './random.js';
import type { Camera, Colour, Light, Surface, Thing } from './scenery.js';
import { cameraLookingAt, colourOf } from './scenery.js';
import type { Mat3, Vec3 } from './vectors.js';
import { add, IDENTITY, LYING_ALONG_Y, multiply, normalise, rotate, yawRotation } from './vectors.js';
import type { Fixture, Prop, World } from './world.js';

export const PICTURE = { width: 320, height: 240 } as const;
/** Focal lengths in pixels: fields of view of 54 x 42 and 90 x 74 degrees. */
const FRONT_FOCAL = 315;
const WRIST_FOCAL = 160;
export const FRONT_CAMERA: Camera = cameraLookingAt([0.93, -0.43, 0.74], [0.18, -0.005, 0.165], [0, 0, 1], FRONT_FOCAL);
/** In the tool's own frame, whose z axis runs from the wrist to the finger tips. */
export const WRIST_CAMERA: Camera = cameraLookingAt([0.06, 0, 0.11], [0.012, 0, 0.2], [1, 0, 0.4], WRIST_FOCAL);

function solid(hex: string, shine: number): Surface {
  return { colour: colourOf(hex), shine };
}

const SHELL = solid('#eef0f1', 0.28);
const ACCENT = solid('#0f9d8f', 0.3);
const DARK = solid('#353c45', 0.22);
const RUBBER = solid('#20242a', 0.05);
const LENS = solid('#0b0d10', 0.6);

interface Part {
  readonly body: string;
  readonly mesh: Mesh;
  readonly surface: Surface;
  readonly at?: Vec3;
  readonly turn?: Mat3;
}

const SHOULDER = ARM.shoulderHeight - ARM.yawHeight;
const PARTS: readonly Part[] = [
  { body: 'yaw', mesh: cylinder(0.056, 0.022), surface: SHELL, at: [0, 0, 0.024] },
  { body: 'yaw', mesh: link(0.05, 0.046, 0.03, SHOULDER), surface: SHELL },
  { body: 'yaw', mesh: cylinder(0.047, 0.056), surface: ACCENT, at: [0, 0, SHOULDER], turn: LYING_ALONG_Y },
  { body: 'upper', mesh: link(0.041, 0.034, 0.02, ARM.upperArm), surface: SHELL },
  { body: 'fore', mesh: cylinder(0.04, 0.047), surface: ACCENT, turn: LYING_ALONG_Y },
  { body: 'fore', mesh: link(0.034, 0.027, 0.01, ARM.forearm), surface: SHELL },
  { body: 'wrist', mesh: cylinder(0.031, 0.038), surface: ACCENT, turn: LYING_ALONG_Y },
  { body: 'tilt', mesh: link(0.028, 0.026, 0.005, 0.045), surface: SHELL },
  { body: 'tool', mesh: cylinder(0.03, 0.016), surface: SHELL, at: [0, 0, 0.07] },
  { body: 'tool', mesh: cylinder(0.032, 0.006), surface: ACCENT, at: [0, 0, 0.092] },
  { body: 'tool', mesh: box(0.022, 0.062, 0.014, 0.005), surface: DARK, at: [0, 0, 0.112] },
  { body: 'tool', mesh: box(0.016, 0.014, 0.012, 0.003), surface: DARK, at: [0.044, 0, 0.09] },
  { body: 'tool', mesh: cylinder(0.008, 0.004, 16), surface: LENS, at: [0.05, 0, 0.104] },
  ...(['left', 'right'] as const).flatMap((side): Part[] => {
    const out = side === 'left' ? 1 : -1;
    return [
      { body: `finger_${side}`, mesh: box(0.01, 0.005, 0.032, 0.002), surface: DARK, at: [0, out * 0.008, -0.034] },
      { body: `finger_${side}`, mesh: box(0.008, 0.006, 0.014, 0.001), surface: RUBBER },
    ];
  }),
];

const MAT: Colour = colourOf('#e9e5da');
const MAT_LINE: Colour = colourOf('#c3bdab');
const MAT_EDGE: Colour = colourOf('#2d6f77');
const WOOD: Colour = colourOf('#b98f63');
const WOOD_DARK: Colour = colourOf('#a57c52');

function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** Share of a pixel that a line `half` metres to each side covers at distance `d`; soft at the pixel's own size. */
function lineCover(d: number, half: number, footprint: number): number {
  const cover = (half + footprint / 2 - d) / footprint;
  return cover <= 0 ? 0 : Math.min(1, cover, (2 * half) / footprint);
}

/** A wooden table with a working mat: 5 cm squares, so that distances can be read from the picture. */
function tableTop(x: number, y: number, footprint: number): Colour {
  const dx = Math.abs(x - 0.3) - 0.27;
  const dy = Math.abs(y) - 0.36;
  const outside = Math.max(dx, dy);
  if (outside > 0.012) {
    const board = Math.abs(((y / 0.16) % 1) + 1) % 1;
    const grain = 0.5 + 0.5 * Math.sin(38 * y + 3 * Math.sin(5 * x));
    const seam = lineCover(Math.min(board, 1 - board) * 0.16, 0.0015, footprint);
    return mix(mix(WOOD, WOOD_DARK, 0.35 * grain), WOOD_DARK, seam);
  }
  if (outside > 0) return MAT_EDGE;
  const gx = Math.abs(x / 0.05 - Math.round(x / 0.05)) * 0.05;
  const gy = Math.abs(y / 0.05 - Math.round(y / 0.05)) * 0.05;
  return mix(MAT, MAT_LINE, Math.max(lineCover(gx, 0.0008, footprint), lineCover(gy, 0.0008, footprint)));
}

const STANDING: readonly Thing[] = [
  {
    mesh: box(0.8, 0.8, 0.02, 0.004),
    surface: { colour: WOOD, shine: 0, pattern: tableTop },
    position: [0.25, 0, -0.02],
    rotation: IDENTITY,
    castsShadow: false,
  },
  { mesh: box(0.085, 0.085, 0.008, 0.004), surface: DARK, position: [0, 0, 0.008], rotation: IDENTITY },
  { mesh: cylinder(0.062, 0.034), surface: DARK, position: [0, 0, 0.046], rotation: IDENTITY },
];

function meshOf({ shape, half }: Prop | Fixture): Mesh {
  return shape === 'box' ? box(half[0], half[1], half[2]) : cylinder(half[0], half[2]);
}

/** The wall behind the robot, lighter towards the table. */
export function backdrop(height: number): Colour {
  return mix(colourOf('#5f7d8c'), colourOf('#a9bcc3'), Math.min(1, height * 1.6));
}

/** Sun and brightness of one episode: slightly different each time, as in a room with windows. */
export function lightOf(random: Random): Light {
  const toSun = normalise([0.42 + random.between(-0.12, 0.12), -0.38 + random.between(-0.15, 0.15), 1]);
  const warmth = random.between(-0.03, 0.03);
  return {
    toSun,
    sun: 0.92,
    sky: [0.5 + warmth, 0.52, 0.55 - warmth],
    bounce: [0.2, 0.18, 0.16],
    exposure: random.between(0.84, 0.97),
  };
}

/** Draws one episode's world: keeps what never changes, places what moves. */
export class Stage {
  private readonly fixtures: readonly Thing[];
  private readonly moving: readonly Part[];

  constructor(world: World) {
    this.fixtures = [
      ...STANDING,
      ...world.fixtures.map((f) => ({
        mesh: meshOf(f),
        surface: solid(f.colour, 0.12),
        position: f.position,
        rotation: yawRotation(f.yaw),
      })),
    ];
    this.moving = [
      ...PARTS,
      ...world.props.map((p) => ({ body: p.name, mesh: meshOf(p), surface: solid(p.colour, 0.2) })),
    ];
  }

  thingsAt(poses: ReadonlyMap<string, Pose>): Thing[] {
    const placed = this.moving.flatMap((part): Thing[] => {
      const pose = poses.get(part.body);
      if (!pose) return [];
      return [
        {
          mesh: part.mesh,
          surface: part.surface,
          position: part.at ? add(pose.position, rotate(pose.rotation, part.at)) : pose.position,
          rotation: part.turn ? multiply(pose.rotation, part.turn) : pose.rotation,
        },
      ];
    });
    return [...this.fixtures, ...placed];
  }

  /** The wrist camera where the tool carries it. */
  wristCamera(poses: ReadonlyMap<string, Pose>): Camera {
    const tool = poses.get('tool');
    if (!tool) throw new RangeError('the tool has no pose');
    const r = tool.rotation;
    const transposed: Mat3 = [r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]];
    return {
      position: add(tool.position, rotate(r, WRIST_CAMERA.position)),
      rotation: multiply(WRIST_CAMERA.rotation, transposed),
      focal: WRIST_CAMERA.focal,
    };
  }
}
