import type { Random } from './random.js';
import type { Vec3 } from './vectors.js';
import type { Fixture, Prop } from './world.js';

/** Colours by the word that instructions use for them. */
export const COLOURS: Readonly<Record<string, string>> = {
  red: '#d8352a',
  blue: '#2563c9',
  yellow: '#f0b41c',
  green: '#2f9e57',
  orange: '#ee7a1b',
  purple: '#7b4bc4',
  grey: '#76828e',
};

const CHINESE: Readonly<Record<string, string>> = {
  red: '红色',
  blue: '蓝色',
  yellow: '黄色',
  green: '绿色',
  orange: '橙色',
  purple: '紫色',
  grey: '灰色',
  cube: '方块',
  brick: '长方块',
  can: '圆柱罐',
};

/** The Chinese word for a colour or a kind of object. */
export function inChinese(word: string): string {
  return CHINESE[word] ?? word;
}

/** @throws RangeError for a colour without a paint */
export function paint(colour: string): string {
  const hex = COLOURS[colour];
  if (hex === undefined) throw new RangeError(`no paint for ${colour}`);
  return hex;
}

const HALF: Readonly<Record<'cube' | 'brick' | 'can', Vec3>> = {
  cube: [0.02, 0.02, 0.02],
  brick: [0.034, 0.017, 0.018],
  can: [0.021, 0.021, 0.032],
};

/** A cube, brick or can standing on the table, with the small differences in weight and grip that real things have. */
export function standing(kind: 'cube' | 'brick' | 'can', colour: string, at: Vec3, random: Random): Prop {
  const half = HALF[kind];
  return {
    name: `${colour}_${kind}`,
    shape: kind === 'can' ? 'cylinder' : 'box',
    half,
    colour: paint(colour),
    position: [at[0], at[1], half[2] + 0.0005],
    yaw: random.between(-Math.PI, Math.PI),
    massKg: 0.05 * random.between(0.85, 1.25),
    friction: random.between(0.85, 1.15),
  };
}

/** An open box: a floor and four walls. `half` is half of the inner width. */
export function bin(colour: string, at: Vec3, half: number): Fixture[] {
  const wall = 0.003;
  const high = 0.018;
  const part = (name: string, size: Vec3, x: number, y: number, z: number): Fixture => ({
    name: `${colour}_bin_${name}`,
    shape: 'box',
    half: size,
    colour: paint(colour),
    position: [at[0] + x, at[1] + y, z],
    yaw: 0,
  });
  return [
    part('floor', [half, half, 0.002], 0, 0, 0.002),
    part('front', [wall, half + 2 * wall, high], half + wall, 0, high),
    part('back', [wall, half + 2 * wall, high], -half - wall, 0, high),
    part('left', [half, wall, high], 0, half + wall, high),
    part('right', [half, wall, high], 0, -half - wall, high),
  ];
}
