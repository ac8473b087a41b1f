import { inChinese, paint, standing } from './objects.js';
import type { EpisodePlan } from './plan.js';
import { aimError, goHome, pickUp, putDown, scatter } from './plan.js';
import type { Random } from './random.js';
import type { Vec3 } from './vectors.js';
import type { Fixture } from './world.js';

/** Share of aims that are off by two to three centimetres; jaws forgive some of them. */
const SLOPPY_SHARE = 0.33;

/** A cube is to stand on a plate or on a raised platform, clear of its edge. */
export function planPlacement(random: Random): EpisodePlan {
  const colour = random.pick(['red', 'blue', 'yellow', 'green', 'orange', 'purple']);
  const isPlate = random.unit() < 0.5;
  const side = random.unit() < 0.5 ? 1 : -1;
  const [from] = scatter(1, 0, random);
  const cube = standing('cube', colour, [from?.[0] ?? 0.35, (from?.[1] ?? 0) - side * 0.04, 0], random);
  const angle = side * random.between(0.48, 0.72);
  const radius = random.between(0.33, 0.42);
  const top = isPlate ? 0.01 : 0.06;
  const target: Fixture = {
    name: isPlate ? 'plate' : 'platform',
    shape: isPlate ? 'cylinder' : 'box',
    half: isPlate ? [0.055, 0.055, top / 2] : [0.048, 0.048, top / 2],
    colour: isPlate ? paint('grey') : '#b98a55',
    position: [radius * Math.cos(angle), radius * Math.sin(angle), top / 2],
    yaw: isPlate ? 0 : random.between(-0.4, 0.4),
  };
  const grip = { object: cube.name, at: cube.position, yaw: cube.yaw, period: Math.PI / 2 };
  const letGo: Vec3 = [target.position[0], target.position[1], top + cube.half[2] + 0.003];
  return {
    instruction: `Place the ${colour} cube on the ${isPlate ? 'grey plate' : 'wooden platform'}.`,
    instructionZh: `把${inChinese(colour)}方块放到${isPlate ? '灰色圆盘' : '木台'}上。`,
    world: { props: [cube], fixtures: [target] },
    waypoints: [
      ...pickUp(grip, aimError(random, SLOPPY_SHARE), 0.16, random),
      ...putDown(cube.name, letGo, target.yaw, 0.18, random),
      ...goHome(random),
    ],
    goalShare: (poses) => {
      const at = poses.get(cube.name)?.position;
      if (!at) return 0;
      const isOver = Math.hypot(at[0] - target.position[0], at[1] - target.position[1]) < 0.035;
      return isOver && Math.abs(at[2] - top - cube.half[2]) < 0.008 ? 1 : 0;
    },
  };
}
