import { GRIPPER_CLOSE } from './arm.mjcf.js';
import { inChinese, standing } from './objects.js';
import type { EpisodePlan, Waypoint } from './plan.js';
import { aimError, pickUp, scatter } from './plan.js';
import type { Random } from './random.js';
import type { Prop } from './world.js';

const HOLD_ABOVE = 0.15;

/** Share of aims that are off by two to three centimetres; jaws forgive some of them. */
const SLOPPY_SHARE = 0.33;

/** Angle after which each kind looks the same to two parallel jaws; a can has no wrong side. */
function gripYaw(prop: Prop, kind: string): { yaw: number; period: number } {
  if (kind === 'can') return { yaw: 0, period: Math.PI / 2 };
  return { yaw: prop.yaw, period: kind === 'brick' ? Math.PI : Math.PI / 2 };
}

/** Three different things on the table; the named one is to be lifted and held. */
export function planGrasping(random: Random): EpisodePlan {
  const colours = ['red', 'blue', 'yellow', 'green', 'orange', 'purple'];
  const kinds = ['cube', 'brick', 'can'] as const;
  const places = scatter(3, 0.115, random);
  const props = kinds.map((kind, i) => {
    const colour = random.pick(colours);
    colours.splice(colours.indexOf(colour), 1);
    return standing(kind, colour, places[i] ?? [0.35, 0, 0], random);
  });
  const kind = random.pick(kinds);
  const wanted = props[kinds.indexOf(kind)];
  if (!wanted) throw new RangeError('a grasping episode needs an object');
  const grip = { object: wanted.name, at: wanted.position, ...gripYaw(wanted, kind) };
  const picked = pickUp(grip, aimError(random, SLOPPY_SHARE), 0.2, random);
  const lifted = picked.at(-1);
  if (!lifted) throw new RangeError('a grasping episode needs a lift');
  // A slow turn while holding shows that the object follows the hand.
  const shown: Waypoint = {
    pads: [0.34, random.between(-0.06, 0.06), 0.22],
    tilt: random.between(-0.12, 0.12),
    roll: lifted.roll + random.between(-0.35, 0.35),
    gripper: GRIPPER_CLOSE,
    seconds: 1.1,
    phase: 'hold',
  };
  return {
    instruction: `Pick up the ${wanted.name.replace('_', ' ')} and hold it above the table.`,
    instructionZh: `拿起${wanted.name.split('_').map(inChinese).join('')}，并保持在桌面上方。`,
    world: { props, fixtures: [] },
    waypoints: [...picked, shown, { ...shown, seconds: 0.8, releases: wanted.name }],
    goalShare: (poses) => ((poses.get(wanted.name)?.position[2] ?? 0) > HOLD_ABOVE ? 1 : 0),
  };
}
