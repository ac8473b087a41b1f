import { Defect } from '../defect.js';
import type { MessagePart, NumberPart } from './message-part.js';
import { known, nested, number, numbers, texts, unknown } from './message-part.js';
import type { Fields } from './ros-message.js';

type Mapping = (message: Fields) => MessagePart[];

const XYZ = ['x', 'y', 'z'];
const QUATERNION = ['qx', 'qy', 'qz', 'qw'];
const POSE = [...XYZ, ...QUATERNION];
const TWIST = ['vx', 'vy', 'vz', 'wx', 'wy', 'wz'];

const NO_UNIT = unknown('the message type does not say it');
const JOINT_POSITION = unknown('rad or m, per joint');
const JOINT_VELOCITY = unknown('rad/s or m/s, per joint');
const JOINT_EFFORT = unknown('N·m or N, per joint');

const vector = (fields: Fields): number[] => XYZ.map((axis) => number(fields, axis));
const quaternion = (fields: Fields): number[] => ['x', 'y', 'z', 'w'].map((axis) => number(fields, axis));

const pose = (fields: Fields, suffix = ''): NumberPart => ({
  kind: 'numbers',
  suffix,
  dtype: 'float64',
  values: [...vector(nested(fields, 'position')), ...quaternion(nested(fields, 'orientation'))],
  names: POSE,
  unit: known('m, quaternion xyzw'),
});

const transform = (fields: Fields): NumberPart => ({
  kind: 'numbers',
  suffix: '',
  dtype: 'float64',
  values: [...vector(nested(fields, 'translation')), ...quaternion(nested(fields, 'rotation'))],
  names: POSE,
  unit: known('m, quaternion xyzw'),
});

const pair = (fields: Fields, parts: [string, string], names: string[], unit: string, suffix = ''): NumberPart => ({
  kind: 'numbers',
  suffix,
  dtype: 'float64',
  values: parts.flatMap((part) => vector(nested(fields, part))),
  names,
  unit: known(unit),
});

const twist = (fields: Fields, suffix = '') => pair(fields, ['linear', 'angular'], TWIST, 'm/s, rad/s', suffix);
const accel = (fields: Fields) =>
  pair(fields, ['linear', 'angular'], ['ax', 'ay', 'az', 'alpha_x', 'alpha_y', 'alpha_z'], 'm/s², rad/s²');
const wrench = (fields: Fields) => pair(fields, ['force', 'torque'], ['fx', 'fy', 'fz', 'tx', 'ty', 'tz'], 'N, N·m');

const triple = (fields: Fields, unit: NumberPart['unit'] = NO_UNIT): NumberPart => ({
  kind: 'numbers',
  suffix: '',
  dtype: 'float64',
  values: vector(fields),
  names: XYZ,
  unit,
});

const rotation = (fields: Fields, suffix = ''): NumberPart => ({
  kind: 'numbers',
  suffix,
  dtype: 'float64',
  values: quaternion(fields),
  names: QUATERNION,
  unit: known('quaternion xyzw'),
});

/** A list that may be left empty: then the signal is not there. */
function channelList(
  fields: Fields,
  field: string,
  names: readonly string[],
  unit: NumberPart['unit'],
  suffix = `/${field}`,
  dtype = 'float64',
): NumberPart[] {
  const values = numbers(fields, field);
  if (values.length === 0) return [];
  return [{ kind: 'numbers', suffix, dtype, values, names: names.length === values.length ? names : [], unit }];
}

const jointState: Mapping = (message) => {
  const names = texts(message, 'name');
  return [
    ...channelList(message, 'position', names, JOINT_POSITION),
    ...channelList(message, 'velocity', names, JOINT_VELOCITY),
    ...channelList(message, 'effort', names, JOINT_EFFORT),
  ];
};

const trajectoryPoint = (point: Fields, names: readonly string[], suffix: string): NumberPart[] => [
  ...channelList(point, 'positions', names, JOINT_POSITION, `${suffix}/positions`),
  ...channelList(point, 'velocities', names, JOINT_VELOCITY, `${suffix}/velocities`),
  ...channelList(point, 'accelerations', names, unknown('rad/s² or m/s², per joint'), `${suffix}/accelerations`),
  ...channelList(point, 'effort', names, JOINT_EFFORT, `${suffix}/effort`),
];

/** `desired`, `actual`, `error` until Humble, `reference`, `feedback`, `error`, `output` since Iron. */
const controllerState: Mapping = (message) => {
  const names = texts(message, 'joint_names');
  return ['desired', 'actual', 'reference', 'feedback', 'error', 'output']
    .filter((part) => part in message)
    .flatMap((part) => trajectoryPoint(nested(message, part), names, `/${part}`));
};

/** A command of one point is a row. A plan of many points is no sample of a signal. */
const trajectory: Mapping = (message) => {
  const points = message['points'];
  if (!Array.isArray(points) || points.length !== 1)
    throw new Defect('BAD_MESSAGE', 'a trajectory of several points is a plan, not a sample of a signal', {
      expected: '1 point',
      actual: `${Array.isArray(points) ? points.length : 0} points`,
    });
  return trajectoryPoint(points[0] as Fields, texts(message, 'joint_names'), '');
};

const dynamicJointState: Mapping = (message) => {
  const joints = texts(message, 'joint_names');
  const interfaces = message['interface_values'];
  if (!Array.isArray(interfaces)) throw new Defect('BAD_MESSAGE', 'the message has no interface values');
  const names: string[] = [];
  const values: number[] = [];
  for (const [i, entry] of interfaces.entries()) {
    const fields = entry as Fields;
    const titles = texts(fields, 'interface_names');
    for (const [k, value] of Array.from(numbers(fields, 'values')).entries()) {
      values.push(value);
      names.push(`${joints[i] ?? i}/${titles[k] ?? k}`);
    }
  }
  if (values.length === 0) return [];
  return [{ kind: 'numbers', suffix: '', dtype: 'float64', values, names, unit: unknown('one per interface') }];
};

const imu: Mapping = (message) => [
  rotation(nested(message, 'orientation'), '/orientation'),
  {
    kind: 'numbers',
    suffix: '/angular_velocity',
    dtype: 'float64',
    values: vector(nested(message, 'angular_velocity')),
    names: XYZ,
    unit: known('rad/s'),
  },
  {
    kind: 'numbers',
    suffix: '/linear_acceleration',
    dtype: 'float64',
    values: vector(nested(message, 'linear_acceleration')),
    names: XYZ,
    unit: known('m/s²'),
  },
];

/** foxglove.JointStates: one entry per joint, each field optional. */
const foxgloveJoints: Mapping = (message) => {
  const joints = message['joints'];
  if (!Array.isArray(joints)) throw new Defect('BAD_MESSAGE', 'the message has no joints');
  const entries = joints as Fields[];
  const names = entries.map((joint, i) => (typeof joint['name'] === 'string' ? joint['name'] : `${i}`));
  return (['position', 'velocity', 'effort'] as const).flatMap((field) => {
    if (entries.length === 0 || !entries.every((joint) => joint[field] !== undefined)) return [];
    const unit = { position: JOINT_POSITION, velocity: JOINT_VELOCITY, effort: JOINT_EFFORT }[field];
    const values = entries.map((joint) => number(joint, field));
    return [{ kind: 'numbers', suffix: `/${field}`, dtype: 'float64', values, names, unit }];
  });
};

const scalar =
  (dtype: string, field = 'data', unit: NumberPart['unit'] = NO_UNIT): Mapping =>
  (message) => [{ kind: 'numbers', suffix: '', dtype, values: [number(message, field)], names: [], unit }];

const NUMPY: Record<string, string> = {
  Bool: 'bool',
  Byte: 'uint8',
  Char: 'uint8',
  Int8: 'int8',
  Int16: 'int16',
  Int32: 'int32',
  Int64: 'int64',
  UInt8: 'uint8',
  UInt16: 'uint16',
  UInt32: 'uint32',
  UInt64: 'uint64',
  Float32: 'float32',
  Float64: 'float64',
};

const plain = Object.fromEntries(
  Object.entries(NUMPY).flatMap(([name, dtype]): [string, Mapping][] => [
    [`std_msgs/${name}`, scalar(dtype)],
    [`std_msgs/${name}MultiArray`, (message) => channelList(message, 'data', [], NO_UNIT, '', dtype)],
  ]),
);

/** Message types that are rows of numbers. Names without `msg/`. */
export const NUMERIC_TYPES: Readonly<Record<string, Mapping>> = {
  ...plain,
  'sensor_msgs/JointState': jointState,
  'sensor_msgs/Imu': imu,
  'sensor_msgs/Joy': (m) => [
    ...channelList(m, 'axes', [], NO_UNIT, '/axes', 'float32'),
    ...channelList(m, 'buttons', [], NO_UNIT, '/buttons', 'int32'),
  ],
  'sensor_msgs/Range': scalar('float32', 'range', known('m')),
  'sensor_msgs/Temperature': scalar('float64', 'temperature', known('°C')),
  'control_msgs/JointTrajectoryControllerState': controllerState,
  'control_msgs/DynamicJointState': dynamicJointState,
  'control_msgs/GripperCommand': (m) => [
    {
      kind: 'numbers',
      suffix: '',
      dtype: 'float64',
      values: [number(m, 'position'), number(m, 'max_effort')],
      names: ['position', 'max_effort'],
      unit: known('m, N'),
    },
  ],
  'trajectory_msgs/JointTrajectory': trajectory,
  'trajectory_msgs/JointTrajectoryPoint': (m) => trajectoryPoint(m, [], ''),
  'geometry_msgs/Point': (m) => [triple(m, known('m'))],
  'geometry_msgs/PointStamped': (m) => [triple(nested(m, 'point'), known('m'))],
  'geometry_msgs/Vector3': (m) => [triple(m)],
  'geometry_msgs/Vector3Stamped': (m) => [triple(nested(m, 'vector'))],
  'geometry_msgs/Quaternion': (m) => [rotation(m)],
  'geometry_msgs/QuaternionStamped': (m) => [rotation(nested(m, 'quaternion'))],
  'geometry_msgs/Pose': (m) => [pose(m)],
  'geometry_msgs/PoseStamped': (m) => [pose(nested(m, 'pose'))],
  'geometry_msgs/PoseWithCovarianceStamped': (m) => [pose(nested(nested(m, 'pose'), 'pose'))],
  'geometry_msgs/Transform': (m) => [transform(m)],
  'geometry_msgs/TransformStamped': (m) => [transform(nested(m, 'transform'))],
  'geometry_msgs/Twist': (m) => [twist(m)],
  'geometry_msgs/TwistStamped': (m) => [twist(nested(m, 'twist'))],
  'geometry_msgs/TwistWithCovarianceStamped': (m) => [twist(nested(nested(m, 'twist'), 'twist'))],
  'geometry_msgs/Accel': (m) => [accel(m)],
  'geometry_msgs/AccelStamped': (m) => [accel(nested(m, 'accel'))],
  'geometry_msgs/Wrench': (m) => [wrench(m)],
  'geometry_msgs/WrenchStamped': (m) => [wrench(nested(m, 'wrench'))],
  'nav_msgs/Odometry': (m) => [
    pose(nested(nested(m, 'pose'), 'pose'), '/pose'),
    twist(nested(nested(m, 'twist'), 'twist'), '/twist'),
  ],
  'foxglove.PoseInFrame': (m) => [pose(nested(m, 'pose'))],
  'foxglove.JointStates': foxgloveJoints,
};
