import type { Known } from '../dataset-source.js';
import type { StreamRole } from '../episode-model.js';

interface KnownSignal {
  readonly role: StreamRole;
  readonly names: readonly string[];
  readonly unit: Known<string>;
}

const XYZ = ['x', 'y', 'z'];
const QUATERNION = ['qx', 'qy', 'qz', 'qw'];
const UNSAID = 'the file does not say';

/** Arrays that robosuite, robomimic and LIBERO always write in the same way: key, names (or a stem to be numbered), unit. */
const KNOWN: readonly (readonly [RegExp, readonly string[] | string, string | null])[] = [
  [/eef_pos$|^ee_pos$/, XYZ, 'm'],
  [/eef_quat(_site)?$/, QUATERNION, '1'],
  [/eef_vel_lin$/, XYZ, 'm/s'],
  [/eef_vel_ang$/, XYZ, 'rad/s'],
  [/^ee_ori$/, ['rx', 'ry', 'rz'], 'rad'],
  [/^ee_states$/, [...XYZ, 'rx', 'ry', 'rz'], null],
  [/joint_pos_(cos|sin)$/, 'joint', '1'],
  [/joint_pos$|^joint_states$/, 'joint', 'rad'],
  [/joint_vel(ocities)?$/, 'joint', 'rad/s'],
  [/joint_torques$/, 'joint', 'N·m'],
  [/gripper_(qpos|states)$/, 'gripper', null],
  [/gripper_qvel$/, 'gripper', null],
  [/^gripper_actuations$/, 'gripper', null],
  [/^(left|right)_dpos$/, XYZ, 'm'],
];

/** Commands of raw robosuite files before 1.0, which have no array of actions. */
const OLD_COMMANDS = /^(joint_velocities|gripper_actuations|(left|right)_d(pos|quat))$/;

/** What is known of an array of a demonstration by its key: `obs/robot0_eef_pos`, `actions`. */
export function knownSignal(key: string, width: number, isRaw: boolean): KnownSignal {
  const name = key.replace(/^obs\//, '');
  const known = KNOWN.find(([pattern]) => pattern.test(name));
  const names = known ? (typeof known[1] === 'string' ? numbered(known[1], width) : known[1]) : [];
  const unit = known?.[2] ?? null;
  return {
    role: roleOf(key, isRaw),
    names: names.length === width ? names : [],
    unit: unit === null ? { value: null, reason: UNSAID } : { value: unit },
  };
}

function roleOf(key: string, isRaw: boolean): StreamRole {
  if (key === 'actions' || key === 'action') return 'action';
  if (key === 'rewards') return 'reward';
  if (key === 'dones') return 'done';
  if (key === 'robot_states') return 'state';
  if (isRaw && OLD_COMMANDS.test(key)) return 'action';
  if (isRaw && key === 'states') return 'state';
  // What is not the robot's own is the simulator's knowledge of the scene.
  return key.startsWith('obs/') && !/^obs\/object/.test(key) ? 'state' : 'other';
}

function numbered(stem: string, width: number): string[] {
  return width === 1 ? [stem] : Array.from({ length: width }, (_, index) => `${stem}_${index}`);
}
