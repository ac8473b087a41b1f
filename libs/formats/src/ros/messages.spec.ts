import { describe, expect, it } from '@jest/globals';
import { commonName, useOf } from './message-type.js';
import type { Fields } from './ros-message.js';
import { cameraNameOf, cameraSpaceOf, isTaskTopic, roleOfSignal } from './topic-name.js';

const XYZ = (x: number, y: number, z: number) => ({ x, y, z });

function partsOf(type: string, message: Fields) {
  const use = useOf(type);
  if (use.kind !== 'parts') throw new Error(`${type} is ${use.kind}`);
  return use.parts(message);
}

describe('what messages become', () => {
  it('makes three signals of a JointState, and none of a field that is empty', () => {
    const parts = partsOf('sensor_msgs/msg/JointState', {
      name: ['a', 'b'],
      position: [1, 2],
      velocity: new Float64Array(0),
      effort: [3, 4],
    });

    expect(
      parts.map((part) => part.kind === 'numbers' && [part.suffix, [...Array.from(part.values)], part.names]),
    ).toEqual([
      ['/position', [1, 2], ['a', 'b']],
      ['/effort', [3, 4], ['a', 'b']],
    ]);
  });

  it.each<[string, Fields, number[], string]>([
    [
      'geometry_msgs/PoseStamped',
      { pose: { position: XYZ(1, 2, 3), orientation: { ...XYZ(0, 0, 0), w: 1 } } },
      [1, 2, 3, 0, 0, 0, 1],
      'm, quaternion xyzw',
    ],
    [
      'geometry_msgs/msg/WrenchStamped',
      { wrench: { force: XYZ(1, 2, 3), torque: XYZ(4, 5, 6) } },
      [1, 2, 3, 4, 5, 6],
      'N, N·m',
    ],
    ['geometry_msgs/Twist', { linear: XYZ(1, 2, 3), angular: XYZ(4, 5, 6) }, [1, 2, 3, 4, 5, 6], 'm/s, rad/s'],
    ['std_msgs/Float64MultiArray', { data: Float64Array.of(7, 8) }, [7, 8], ''],
    ['std_msgs/Int64', { data: 5n }, [5], ''],
    ['std_msgs/Bool', { data: true }, [1], ''],
    [
      'control_msgs/DynamicJointState',
      { joint_names: ['j'], interface_values: [{ interface_names: ['position', 'velocity'], values: [1, 2] }] },
      [1, 2],
      '',
    ],
  ])('makes a row of %s', (type, message, values, unit) => {
    const [part] = partsOf(type, message);

    expect(part).toMatchObject({ kind: 'numbers', suffix: '' });
    expect(part?.kind === 'numbers' && Array.from(part.values)).toEqual(values);
    expect(part?.kind === 'numbers' && (part.unit.value ?? '')).toBe(unit);
  });

  it('makes signals of the parts of Imu, Odometry and controller states', () => {
    const suffixes = (type: string, message: Fields) =>
      partsOf(type, message).map((part) => part.kind === 'numbers' && part.suffix);
    const quaternion = { ...XYZ(0, 0, 0), w: 1 };
    const point = { positions: [1], velocities: [2], accelerations: [], effort: [] };

    expect(
      suffixes('sensor_msgs/Imu', {
        orientation: quaternion,
        angular_velocity: XYZ(1, 1, 1),
        linear_acceleration: XYZ(1, 1, 1),
      }),
    ).toEqual(['/orientation', '/angular_velocity', '/linear_acceleration']);
    expect(
      suffixes('nav_msgs/Odometry', {
        pose: { pose: { position: XYZ(0, 0, 0), orientation: quaternion } },
        twist: { twist: { linear: XYZ(0, 0, 0), angular: XYZ(0, 0, 0) } },
      }),
    ).toEqual(['/pose', '/twist']);
    expect(
      suffixes('control_msgs/JointTrajectoryControllerState', {
        joint_names: ['a'],
        reference: point,
        feedback: point,
      }),
    ).toEqual(['/reference/positions', '/reference/velocities', '/feedback/positions', '/feedback/velocities']);
  });

  it('refuses integers that a number cannot hold', () => {
    expect(() => partsOf('std_msgs/Int64', { data: 2n ** 60n + 1n })).toThrow(/cannot|counted/);
  });

  it.each<[string, Fields, object]>([
    [
      'rgb8',
      { step: 6, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
      { encoding: 'rgb8', camera: 'rgb', bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ],
    [
      'bgr8',
      { step: 8, data: Uint8Array.of(1, 2, 3, 4, 5, 6, 0, 0) },
      { encoding: 'bgr8', bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ],
    [
      'rgba8',
      { step: 8, data: Uint8Array.of(1, 2, 3, 9, 4, 5, 6, 9) },
      { encoding: 'rgb8', bytes: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    ],
    ['mono8', { step: 2, data: Uint8Array.of(1, 2) }, { encoding: 'gray8', camera: 'rgb' }],
    [
      '16UC1',
      { step: 4, is_bigendian: 1, data: Uint8Array.of(1, 2, 3, 4) },
      { encoding: 'gray16le', camera: 'depth', depthUnit: 'mm', bytes: Uint8Array.of(2, 1, 4, 3) },
    ],
    ['32FC1', { step: 8, data: new Uint8Array(8) }, { encoding: 'depth32f', camera: 'depth', depthUnit: 'm' }],
  ])('takes pictures of %s', (encoding, rest, expected) => {
    const [part] = partsOf('sensor_msgs/Image', { encoding, width: 2, height: 1, ...rest });

    expect(part).toMatchObject({ kind: 'picture', width: 2, height: 1, ...expected });
  });

  it('refuses pictures that are cut short or of a pattern that is not read', () => {
    const image = { width: 4, height: 4, step: 12, data: new Uint8Array(47) };

    expect(() => partsOf('sensor_msgs/Image', { encoding: 'rgb8', ...image })).toThrow(/fewer bytes/);
    expect(() => partsOf('sensor_msgs/Image', { encoding: 'bayer_rggb8', ...image })).toThrow(/bayer_rggb8/);
    expect(() => partsOf('sensor_msgs/CompressedImage', { format: 'jpeg', data: new Uint8Array(9) })).toThrow(/JPEG/);
  });

  it('looks behind the twelve bytes of compressedDepth', () => {
    const png = Buffer.from('89504e470d0a1a0a0000000d494844520000000300000002100000000000', 'hex');
    const data = Buffer.concat([Buffer.alloc(12), png]);

    const [part] = partsOf('sensor_msgs/CompressedImage', { format: '16UC1; compressedDepth png', data });

    expect(part).toMatchObject({
      kind: 'picture',
      camera: 'depth',
      depthUnit: 'mm',
      encoding: 'png',
      width: 3,
      height: 2,
    });
    expect(() => partsOf('sensor_msgs/CompressedImage', { format: '32FC1; compressedDepth png', data })).toThrow(
      /inverse depth/,
    );
  });

  it.each([
    'sensor_msgs/msg/PointCloud2',
    'foxglove.CompressedVideo',
    'tf2_msgs/msg/TFMessage',
    'x/srv/Y_Event',
    'x/msg/Own',
    '',
  ])('leaves %s out, with a reason', (type) => {
    expect(useOf(type)).toMatchObject({ kind: 'skipped', reason: expect.stringMatching(/\w/) });
  });

  it('knows the spellings of a type', () => {
    for (const type of ['sensor_msgs/Imu', 'sensor_msgs/msg/Imu', 'sensor_msgs::msg::dds_::Imu_'])
      expect(commonName(type)).toBe('sensor_msgs/Imu');
  });
});

describe('what topics say by their names', () => {
  it.each([
    ['/joint_commands/position', 'action'],
    ['/cmd_vel', 'action'],
    ['/arm/desired/positions', 'action'],
    ['/jointAction', 'action'],
    ['/joint_states/position', 'state'],
    ['/wheel_traction', 'state'],
  ])('takes %s for %s', (key, role) => {
    expect(roleOfSignal(key)).toBe(role);
  });

  it('names cameras without what every camera topic ends in', () => {
    expect(
      ['/camera/wrist/image_raw/compressed', '/top/color/image_rect_color', '/image', 'cam0'].map(cameraNameOf),
    ).toEqual(['camera_wrist', 'top_color', 'image', 'cam0']);
    expect(cameraSpaceOf('/camera/wrist/image_raw/compressed')).toBe(cameraSpaceOf('/camera/wrist/camera_info'));
  });

  it('knows topics that hold the task', () => {
    expect(['/task', '/language_instruction', '/rosout'].map(isTaskTopic)).toEqual([true, true, false]);
  });
});
