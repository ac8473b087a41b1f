const COVARIANCE = 'float64[36] covariance';
const HEADER = 'std_msgs/Header header';
const MULTI_ARRAY = (type: string) => `std_msgs/MultiArrayLayout layout\n${type}[] data`;
const stamped = (field: string) => `${HEADER}\n${field}`;

/**
 * ROS 2 definitions of the usual types, without comments and constants. rosbag2 keeps definitions only since Iron, and
 * IDL texts are not parsed here.
 * @see https://github.com/ros2/common_interfaces (branch jazzy)
 */
export const COMMON_DEFINITIONS: Readonly<Record<string, string>> = {
  'std_msgs/Header': 'time stamp\nstring frame_id',
  'std_msgs/Bool': 'bool data',
  'std_msgs/Byte': 'byte data',
  'std_msgs/Char': 'char data',
  'std_msgs/Int8': 'int8 data',
  'std_msgs/Int16': 'int16 data',
  'std_msgs/Int32': 'int32 data',
  'std_msgs/Int64': 'int64 data',
  'std_msgs/UInt8': 'uint8 data',
  'std_msgs/UInt16': 'uint16 data',
  'std_msgs/UInt32': 'uint32 data',
  'std_msgs/UInt64': 'uint64 data',
  'std_msgs/Float32': 'float32 data',
  'std_msgs/Float64': 'float64 data',
  'std_msgs/String': 'string data',
  'std_msgs/MultiArrayDimension': 'string label\nuint32 size\nuint32 stride',
  'std_msgs/MultiArrayLayout': 'std_msgs/MultiArrayDimension[] dim\nuint32 data_offset',
  'std_msgs/Int8MultiArray': MULTI_ARRAY('int8'),
  'std_msgs/Int16MultiArray': MULTI_ARRAY('int16'),
  'std_msgs/Int32MultiArray': MULTI_ARRAY('int32'),
  'std_msgs/Int64MultiArray': MULTI_ARRAY('int64'),
  'std_msgs/UInt8MultiArray': MULTI_ARRAY('uint8'),
  'std_msgs/UInt16MultiArray': MULTI_ARRAY('uint16'),
  'std_msgs/UInt32MultiArray': MULTI_ARRAY('uint32'),
  'std_msgs/UInt64MultiArray': MULTI_ARRAY('uint64'),
  'std_msgs/Float32MultiArray': MULTI_ARRAY('float32'),
  'std_msgs/Float64MultiArray': MULTI_ARRAY('float64'),
  'geometry_msgs/Point': 'float64 x\nfloat64 y\nfloat64 z',
  'geometry_msgs/PointStamped': stamped('geometry_msgs/Point point'),
  'geometry_msgs/Vector3': 'float64 x\nfloat64 y\nfloat64 z',
  'geometry_msgs/Vector3Stamped': stamped('geometry_msgs/Vector3 vector'),
  'geometry_msgs/Quaternion': 'float64 x\nfloat64 y\nfloat64 z\nfloat64 w',
  'geometry_msgs/QuaternionStamped': stamped('geometry_msgs/Quaternion quaternion'),
  'geometry_msgs/Pose': 'geometry_msgs/Point position\ngeometry_msgs/Quaternion orientation',
  'geometry_msgs/PoseStamped': stamped('geometry_msgs/Pose pose'),
  'geometry_msgs/PoseWithCovariance': `geometry_msgs/Pose pose\n${COVARIANCE}`,
  'geometry_msgs/PoseWithCovarianceStamped': stamped('geometry_msgs/PoseWithCovariance pose'),
  'geometry_msgs/Transform': 'geometry_msgs/Vector3 translation\ngeometry_msgs/Quaternion rotation',
  'geometry_msgs/TransformStamped': stamped('string child_frame_id\ngeometry_msgs/Transform transform'),
  'geometry_msgs/Twist': 'geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular',
  'geometry_msgs/TwistStamped': stamped('geometry_msgs/Twist twist'),
  'geometry_msgs/TwistWithCovariance': `geometry_msgs/Twist twist\n${COVARIANCE}`,
  'geometry_msgs/TwistWithCovarianceStamped': stamped('geometry_msgs/TwistWithCovariance twist'),
  'geometry_msgs/Accel': 'geometry_msgs/Vector3 linear\ngeometry_msgs/Vector3 angular',
  'geometry_msgs/AccelStamped': stamped('geometry_msgs/Accel accel'),
  'geometry_msgs/Wrench': 'geometry_msgs/Vector3 force\ngeometry_msgs/Vector3 torque',
  'geometry_msgs/WrenchStamped': stamped('geometry_msgs/Wrench wrench'),
  'nav_msgs/Odometry': stamped(
    'string child_frame_id\ngeometry_msgs/PoseWithCovariance pose\ngeometry_msgs/TwistWithCovariance twist',
  ),
  'sensor_msgs/JointState': stamped('string[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort'),
  'sensor_msgs/Imu': stamped(
    'geometry_msgs/Quaternion orientation\nfloat64[9] orientation_covariance\n' +
      'geometry_msgs/Vector3 angular_velocity\nfloat64[9] angular_velocity_covariance\n' +
      'geometry_msgs/Vector3 linear_acceleration\nfloat64[9] linear_acceleration_covariance',
  ),
  'sensor_msgs/Image': stamped(
    'uint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data',
  ),
  'sensor_msgs/CompressedImage': stamped('string format\nuint8[] data'),
  'sensor_msgs/Joy': stamped('float32[] axes\nint32[] buttons'),
  'trajectory_msgs/JointTrajectoryPoint':
    'float64[] positions\nfloat64[] velocities\nfloat64[] accelerations\nfloat64[] effort\nduration time_from_start',
  'trajectory_msgs/JointTrajectory': stamped('string[] joint_names\ntrajectory_msgs/JointTrajectoryPoint[] points'),
  // Since Iron `desired` and `actual` are called `reference` and `feedback`, with more behind them.
  'control_msgs/JointTrajectoryControllerState': stamped(
    'string[] joint_names\ntrajectory_msgs/JointTrajectoryPoint desired\n' +
      'trajectory_msgs/JointTrajectoryPoint actual\ntrajectory_msgs/JointTrajectoryPoint error',
  ),
  'control_msgs/InterfaceValue': 'string[] interface_names\nfloat64[] values',
  'control_msgs/DynamicJointState': stamped('string[] joint_names\ncontrol_msgs/InterfaceValue[] interface_values'),
};
