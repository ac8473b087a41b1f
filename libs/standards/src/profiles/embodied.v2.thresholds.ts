import type { Threshold } from '../profile.js';

/** Somebody moves the robot: what it feels and is told must be recorded faster than it is seen. */
const STEERED = [
  'teleop_vr',
  'teleop_leader_follower',
  'teleop_exoskeleton',
  'teleop_joystick',
  'kinesthetic',
  'human_intervention',
  'motion_capture',
  'data_glove',
] as const;

const all = (methods: readonly string[], value: number | null): Record<string, number | null> =>
  Object.fromEntries(methods.map((method) => [method, value]));

/**
 * The numbers of profile version 2. Published sources are guides of vendors and collection centres, not standards, and
 * they disagree (1, 10 and 33 ms between camera and action); so each number says where it is from.
 */
export const THRESHOLDS = {
  rateTolerance: {
    unit: 'share',
    default: 0.05,
    why: 'Rates within 5 % of nominal are what collection centres accept; 29.97 Hz counts as 30.',
  },
  cameraHz: {
    unit: 'Hz',
    default: 30,
    byMethod: { simulation: 20, sim_teleop: 20 },
    why: 'ARIO, SVRC and truelabel ask for 30 frames a second. Simulators render at the rate of control, and the common ones (robosuite, LIBERO) control at 20 Hz without losing a frame.',
  },
  jointHz: {
    unit: 'Hz',
    default: 100,
    byMethod: {
      ...all(STEERED, 100),
      // The pose of a hand-held gripper or of a head is found from its pictures, so it has their rate.
      umi_handheld: 30,
      egocentric_video: 30,
      // A policy is recorded at the rate at which it acts.
      autonomous_rollout: 10,
      simulation: 20,
      sim_teleop: 20,
      generated_video: null,
    },
    why: 'Guides ask for 100 Hz of joints and actions where people steer (200 Hz as an example; robots in the field give 79 to 915 Hz). A set recorded at 30 Hz fails this, and says so.',
  },
  offsetMs: {
    unit: 'ms',
    default: 10,
    byMethod: { egocentric_video: null, autonomous_rollout: null, generated_video: null },
    why: 'Below 10 ms between camera and action for manipulation; 20 ms and more is bad, 300 ms useless. The 1 ms of hardware triggers holds between cameras, and no recording format shows it.',
  },
  offsetFrames: {
    unit: 'frames',
    default: null,
    byMethod: { egocentric_video: 1, autonomous_rollout: 1, generated_video: null },
    why: 'Pose within one frame for video from the head; one commercial set promises one frame (33 ms) for rollouts.',
  },
  completeness: {
    unit: 'share',
    default: 0.98,
    byMethod: { simulation: 0.999, sim_teleop: 0.98, generated_video: 0.999 },
    why: 'Above 98 % of frames. What is computed and not captured has no excuse for a lost frame; 0.1 % is what counting by the median step may be off.',
  },
  limitTolerance: {
    unit: 'share',
    default: 0.01,
    byMethod: {},
    why: 'Encoders and calibration are off by up to a hundredth of the range of a joint.',
  },
} as const satisfies Record<string, Threshold>;
