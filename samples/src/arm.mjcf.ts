import { ARM } from './kinematics.js';
import type { Fixture, Prop, World } from './world.js';

/** Physics step: sixteen of them make exactly one frame at 30 Hz. */
export const STEPS_PER_FRAME = 16;
export const FRAME_RATE_HZ = 30;

/** Bodies whose place is recorded for drawing, in the order of the arm from base to fingers. */
export const ARM_BODIES = ['yaw', 'upper', 'fore', 'wrist', 'tilt', 'tool', 'finger_left', 'finger_right'] as const;
export const ARM_JOINTS = [
  'base_yaw',
  'shoulder_pitch',
  'elbow_pitch',
  'wrist_pitch',
  'wrist_tilt',
  'wrist_roll',
] as const;
/** Limits in radians, and the finger's travel in metres; they are enforced by the model and declared with the data. */
export const JOINT_LIMITS: Readonly<Record<(typeof ARM_JOINTS)[number] | 'gripper', readonly [number, number]>> = {
  base_yaw: [-2.9, 2.9],
  shoulder_pitch: [-1.6, 1.9],
  elbow_pitch: [-0.1, 2.7],
  wrist_pitch: [-1.2, 2.9],
  wrist_tilt: [-1.0, 1.0],
  wrist_roll: [-3.1, 3.1],
  gripper: [0, 0.045],
};

/** Commands of the gripper in metres of finger travel: below zero keeps squeezing. */
export const GRIPPER_CLOSE = -0.005;
export const GRIPPER_OPEN = 0.04;

function joint(name: keyof typeof JOINT_LIMITS, axis: string): string {
  const [low, high] = JOINT_LIMITS[name];
  return `<joint name="${name}" axis="${axis}" range="${low} ${high}" limited="true" damping="1" armature="0.03"/>`;
}

function finger(side: 'left' | 'right', sign: 1 | -1): string {
  return `
    <body name="finger_${side}" pos="0 ${sign * 0.006} ${ARM.wristToPads}" gravcomp="1">
      <joint name="${side === 'left' ? 'gripper' : 'gripper_mirror'}" type="slide" axis="0 ${sign} 0" range="0 0.045" limited="true" damping="5" armature="0.01"/>
      <geom class="pad" name="pad_${side}" type="box" size="0.008 0.006 0.014" mass="0.02"/>
      <site name="touch_${side}" type="box" size="0.0085 0.0065 0.0145"/>
    </body>`;
}

function prop(p: Prop): string {
  const size = p.shape === 'box' ? p.half.join(' ') : `${p.half[0]} ${p.half[2]}`;
  const turn = `${Math.cos(p.yaw / 2)} 0 0 ${Math.sin(p.yaw / 2)}`;
  return `
    <body name="${p.name}" pos="${p.position.join(' ')}" quat="${turn}">
      <freejoint/>
      <geom class="thing" type="${p.shape}" size="${size}" mass="${p.massKg}" friction="${p.friction} 0.02 0.001"/>
    </body>`;
}

function fixture(f: Fixture): string {
  const size = f.shape === 'box' ? f.half.join(' ') : `${f.half[0]} ${f.half[2]}`;
  const turn = `${Math.cos(f.yaw / 2)} 0 0 ${Math.sin(f.yaw / 2)}`;
  return `<geom class="thing" name="${f.name}" type="${f.shape}" size="${size}" pos="${f.position.join(' ')}" quat="${turn}"/>`;
}

/**
 * The arm, the table and one episode's objects as MuJoCo XML. Only pads, objects, fixtures and table collide; the arm is
 * gravity-compensated, so the torques show motion and load, not its own weight.
 */
export function sceneXml(world: World): string {
  const fore = ARM.shoulderHeight - ARM.yawHeight;
  return `<mujoco model="bodega-bd6">
  <compiler angle="radian" autolimits="false"/>
  <option timestep="${1 / (STEPS_PER_FRAME * FRAME_RATE_HZ)}" integrator="implicitfast" cone="elliptic" impratio="10"/>
  <default>
    <default class="link"><geom contype="0" conaffinity="0" density="900"/></default>
    <default class="pad">
      <geom friction="1.6 0.05 0.001" condim="4" priority="1" solref="0.01 1" solimp="0.95 0.99 0.001"/>
    </default>
    <default class="thing">
      <geom friction="1 0.02 0.001" condim="4" solref="0.01 1" solimp="0.95 0.99 0.001"/>
    </default>
  </default>
  <worldbody>
    <geom class="thing" name="table" type="box" size="0.8 0.8 0.02" pos="0.25 0 -0.02"/>
    <body name="yaw" pos="0 0 ${ARM.yawHeight}" gravcomp="1">
      ${joint('base_yaw', '0 0 1')}
      <geom class="link" type="cylinder" size="0.05 0.04" pos="0 0 0.04"/>
      <body name="upper" pos="0 0 ${fore}" gravcomp="1">
        ${joint('shoulder_pitch', '0 1 0')}
        <geom class="link" type="capsule" size="0.036" fromto="0 0 0 0 0 ${ARM.upperArm}"/>
        <body name="fore" pos="0 0 ${ARM.upperArm}" gravcomp="1">
          ${joint('elbow_pitch', '0 1 0')}
          <geom class="link" type="capsule" size="0.03" fromto="0 0 0 0 0 ${ARM.forearm}"/>
          <body name="wrist" pos="0 0 ${ARM.forearm}" gravcomp="1">
            ${joint('wrist_pitch', '0 1 0')}
            <geom class="link" type="sphere" size="0.03"/>
            <body name="tilt" gravcomp="1">
              ${joint('wrist_tilt', '1 0 0')}
              <geom class="link" type="capsule" size="0.026" fromto="0 0 0 0 0 0.04"/>
              <body name="tool" gravcomp="1">
                ${joint('wrist_roll', '0 0 1')}
                <geom class="link" type="capsule" size="0.026" fromto="0 0 0.05 0 0 0.1"/>
                <geom class="link" type="box" size="0.02 0.055 0.012" pos="0 0 0.12"/>
                <site name="flange" pos="0 0 0.05"/>
                <site name="pads" pos="0 0 ${ARM.wristToPads}"/>
                ${finger('left', 1)}
                ${finger('right', -1)}
              </body>
            </body>
          </body>
        </body>
      </body>
    </body>
    ${world.fixtures.map(fixture).join('\n    ')}
    ${world.props.map(prop).join('')}
  </worldbody>
  <equality><joint joint1="gripper_mirror" joint2="gripper" polycoef="0 1 0 0 0"/></equality>
  <actuator>
    ${ARM_JOINTS.map((name, i) => {
      const gain = [400, 400, 300, 150, 80, 60][i] ?? 60;
      const limit = [90, 90, 60, 30, 20, 15][i] ?? 15;
      return `<position name="${name}" joint="${name}" kp="${gain}" dampratio="1" forcerange="-${limit} ${limit}" forcelimited="true"/>`;
    }).join('\n    ')}
    <position name="gripper" joint="gripper" kp="400" kv="20" forcerange="-12 12" forcelimited="true"/>
  </actuator>
  <sensor>
    <touch name="touch_left" site="touch_left"/>
    <touch name="touch_right" site="touch_right"/>
    <force name="force" site="flange"/>
    <torque name="torque" site="flange"/>
    <framepos name="ee_position" objtype="site" objname="pads"/>
    <framequat name="ee_rotation" objtype="site" objname="pads"/>
  </sensor>
</mujoco>`;
}
