import { bin, inChinese, standing } from './objects.js';
import type { EpisodePlan, Waypoint } from './plan.js';
import { aimError, goHome, pickUp, putDown, scatter } from './plan.js';
import type { Random } from './random.js';
import type { Vec3 } from './vectors.js';

const PAIRS = [
  ['red', 'blue'],
  ['yellow', 'green'],
  ['orange', 'purple'],
] as const;
const BIN_HALF = 0.06;

/** Share of aims that are off by two to three centimetres; jaws forgive some of them. */
const SLOPPY_SHARE = 0.13;

/** Two cubes, two bins, each cube into the bin of its colour. */
export function planSorting(random: Random): EpisodePlan {
  const pair = random.pick(PAIRS);
  const left = random.unit() < 0.5 ? pair : ([pair[1], pair[0]] as const);
  const bins: ReadonlyMap<string, Vec3> = new Map([
    [left[0], [0.25, 0.255, 0]],
    [left[1], [0.25, -0.255, 0]],
  ]);
  const places = scatter(2, 0.11, random);
  const props = pair.map((colour, i) => standing('cube', colour, places[i] ?? [0.35, 0, 0], random));
  const waypoints: Waypoint[] = props.flatMap((cube, i) => {
    const target = bins.get(pair[i] ?? '') ?? [0.25, 0, 0];
    const grip = { object: cube.name, at: cube.position, yaw: cube.yaw, period: Math.PI / 2 };
    const letGo: Vec3 = [target[0] + random.between(-0.012, 0.012), target[1] + random.between(-0.012, 0.012), 0.075];
    return [
      ...pickUp(grip, aimError(random, SLOPPY_SHARE), 0.16, random),
      ...putDown(cube.name, letGo, 0, 0.17, random),
    ];
  });
  return {
    instruction: `Sort the cubes by colour: put the ${pair[0]} cube in the ${pair[0]} bin and the ${pair[1]} cube in the ${pair[1]} bin.`,
    instructionZh: `按颜色分拣方块：${pair.map((c) => `${inChinese(c)}方块放入${inChinese(c)}料盒`).join('，')}。`,
    world: { props, fixtures: [...bins].flatMap(([colour, at]) => bin(colour, at, BIN_HALF)) },
    waypoints: [...waypoints, ...goHome(random)],
    goalShare: (poses) => {
      const sorted = props.filter((cube, i) => {
        const at = poses.get(cube.name)?.position;
        const target = bins.get(pair[i] ?? '');
        if (!at || !target) return false;
        return Math.abs(at[0] - target[0]) < BIN_HALF && Math.abs(at[1] - target[1]) < BIN_HALF && at[2] < 0.05;
      });
      return sorted.length / props.length;
    },
  };
}
