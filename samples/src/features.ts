import { ARM_JOINTS } from './arm.mjcf.js';
import type { Row } from './recorder.js';

const DRIVES = [...ARM_JOINTS, 'gripper'];

/** One recorded signal: its columns by name, its unit and the frame it is expressed in. */
export interface Signal {
  readonly key: string;
  readonly names: readonly string[];
  readonly unit: string;
  readonly frame: string;
  readonly of: (row: Row) => readonly number[];
}

/** The float32 signals, in the order in which they are stored. */
export const SIGNALS: readonly Signal[] = [
  { key: 'observation.state', names: DRIVES, unit: 'rad (gripper: m)', frame: 'joint', of: (r) => r.state },
  { key: 'observation.velocity', names: DRIVES, unit: 'rad/s (gripper: m/s)', frame: 'joint', of: (r) => r.velocity },
  { key: 'observation.effort', names: DRIVES, unit: 'N·m (gripper: N)', frame: 'joint', of: (r) => r.effort },
  {
    key: 'observation.contact_force',
    names: ['left_finger', 'right_finger'],
    unit: 'N',
    frame: 'pad',
    of: (r) => r.contactForce,
  },
  {
    key: 'observation.wrench',
    names: ['fx', 'fy', 'fz', 'tx', 'ty', 'tz'],
    unit: 'N, N·m',
    frame: 'flange',
    of: (r) => r.wrench,
  },
  {
    key: 'observation.ee_pose',
    names: ['x', 'y', 'z', 'qx', 'qy', 'qz', 'qw'],
    unit: 'm, quaternion',
    frame: 'base',
    of: (r) => r.eePose,
  },
  { key: 'observation.gripper', names: ['aperture'], unit: 'm', frame: 'gripper', of: (r) => [r.aperture] },
  { key: 'action', names: DRIVES, unit: 'rad (gripper: m)', frame: 'joint', of: (r) => r.action },
];

export const CAMERA_KEYS = ['observation.images.front', 'observation.images.wrist'] as const;
export type CameraKey = (typeof CAMERA_KEYS)[number];
