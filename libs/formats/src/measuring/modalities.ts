import type { CameraFact, StreamRole } from '../episode-model.js';

const JOINT_NAME = /joint|shoulder|elbow|wrist|waist|hip|knee|ankle|finger|thumb|\.pos$|motor/i;
const JOINT_KEY = /joint_?(pos|state)|qpos/i;
/** Keys that say they hold something other than joint positions. */
const NO_POSITION = /veloc|qvel|torque|effort|force|wrench|tactile|eef|ee_|pose|imu|gripper/i;

/** Vocabulary codes of what was measured, as far as keys and names tell. A provider may correct them. */
export function modalitiesOf(
  signals: readonly { readonly key: string; readonly role: StreamRole; readonly names: readonly string[] }[],
  cameras: readonly Pick<CameraFact, 'kind'>[],
  hasTaskText: boolean,
): string[] {
  const found = new Set<string>();
  for (const camera of cameras) found.add(camera.kind);
  for (const { key, role, names } of signals) {
    if (role === 'action') found.add('action');
    if (role !== 'state' && role !== 'other') continue;
    const text = `${key} ${names.join(' ')}`;
    if (/tactile|taxel/i.test(text)) found.add('tactile_array');
    if (/force|wrench/i.test(text)) found.add('force_torque');
    if (/torque|effort/i.test(text)) found.add('joint_torque');
    if (/veloc|qvel|\.vel\b|_vel\b/i.test(text)) found.add('joint_velocity');
    if (/eef|ee_|end_effector|tcp|[_./]pose\b/i.test(text)) found.add('ee_pose');
    if (/gripper|hand/i.test(names.join(' ')) || /gripper/i.test(key)) found.add('gripper_state');
    if (/imu|gyro|accel/i.test(text)) found.add('imu');
    if (/base_?(vel|twist|pose|action|position)|odom/i.test(text)) found.add('base_odometry');
    if (!NO_POSITION.test(key) && (JOINT_KEY.test(key) || names.some((name) => JOINT_NAME.test(name))))
      found.add('joint_position');
  }
  if (hasTaskText) found.add('language');
  return [...found].sort();
}
