import type { Known } from '../dataset-source.js';

const SIDES = ['left', 'right'];
const BOTH = (names: readonly string[]): string[] => SIDES.flatMap((side) => names.map((name) => `${side}_${name}`));
const XYZ = BOTH(['x', 'y', 'z']);

/** Arrays of a two-armed AgiBot robot: key without its side, width, names, unit. */
const KNOWN: readonly (readonly [string, number, readonly string[], string | null])[] = [
  ['joint/position', 14, BOTH(Array.from({ length: 7 }, (_, joint) => `joint_${joint}`)), 'rad'],
  ['end/position', 6, XYZ, 'm'],
  ['end/orientation', 8, BOTH(['qx', 'qy', 'qz', 'qw']), '1'],
  ['effector/position', 2, BOTH(['gripper']), 'mm'],
  ['effector/position', 12, BOTH(Array.from({ length: 6 }, (_, joint) => `hand_${joint}`)), 'rad'],
  ['head/position', 2, [], 'rad'],
  // One angle and one height: no unit fits both.
  ['waist/position', 2, ['pitch', 'lift'], null],
];

/** Names and unit of an array; none where AgiBot World's description has none. */
export function knownArray(
  key: string,
  width: number,
): { readonly names: readonly string[]; readonly unit: Known<string> } {
  const name = key.replace(/^(state|action)\//, '');
  const known = KNOWN.find(([pattern, expected]) => pattern === name && expected === width);
  const unit = known?.[3] ?? null;
  return {
    names: known?.[2] ?? [],
    unit: unit === null ? { value: null, reason: 'the file does not say' } : { value: unit },
  };
}
