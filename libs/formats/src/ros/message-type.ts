import type { MessagePart } from './message-part.js';
import { text } from './message-part.js';
import { NUMERIC_TYPES } from './numeric-types.js';
import { codedPicture, rawPicture } from './picture-types.js';
import type { Fields } from './ros-message.js';

/** What a channel's messages become, or why nothing. */
export type MessageUse =
  | { readonly kind: 'parts'; parts(message: Fields): MessagePart[] }
  | { readonly kind: 'calibration' }
  | { readonly kind: 'skipped'; readonly reason: string };

const skipped = (reason: string): MessageUse => ({ kind: 'skipped', reason });

const USES: Readonly<Record<string, MessageUse>> = {
  ...Object.fromEntries(Object.entries(NUMERIC_TYPES).map(([type, parts]) => [type, { kind: 'parts', parts }])),
  'std_msgs/String': { kind: 'parts', parts: (m) => [{ kind: 'text', text: text(m, 'data') }] },
  'sensor_msgs/Image': { kind: 'parts', parts: rawPicture },
  'sensor_msgs/CompressedImage': { kind: 'parts', parts: codedPicture },
  'foxglove.RawImage': { kind: 'parts', parts: rawPicture },
  'foxglove.CompressedImage': { kind: 'parts', parts: codedPicture },
  'sensor_msgs/CameraInfo': { kind: 'calibration' },
  'foxglove.CameraCalibration': { kind: 'calibration' },
  'foxglove.CompressedVideo': skipped(
    'coded video in messages is not read: record JPEG pictures, or keep the mp4 beside',
  ),
  'foxglove_msgs/CompressedVideo': skipped(
    'coded video in messages is not read: record JPEG pictures, or keep the mp4 beside',
  ),
  'foxglove_msgs/CompressedImage': { kind: 'parts', parts: codedPicture },
  'foxglove_msgs/RawImage': { kind: 'parts', parts: rawPicture },
  'foxglove_msgs/CameraCalibration': { kind: 'calibration' },
  'sensor_msgs/PointCloud2': skipped('point clouds are not measured'),
  'sensor_msgs/LaserScan': skipped('laser scans are not measured'),
  'foxglove.PointCloud': skipped('point clouds are not measured'),
  'foxglove.RawAudio': skipped('sound is not measured'),
  'audio_common_msgs/AudioData': skipped('sound is not measured'),
  'tf2_msgs/TFMessage': skipped('transform trees are not measured'),
  'tf/tfMessage': skipped('transform trees are not measured'),
  'foxglove.FrameTransform': skipped('transform trees are not measured'),
  'foxglove.FrameTransforms': skipped('transform trees are not measured'),
};

/** What becomes of messages of a type. */
export function useOf(type: string): MessageUse {
  const name = commonName(type);
  const use = Object.hasOwn(USES, name) ? USES[name] : undefined;
  if (use) return use;
  if (/(^|\/)(srv|action)\//.test(type) || /_Event$/.test(type))
    return skipped('events of services and actions are not measured');
  return skipped('messages of this type are not known here');
}

/** The same type has several spellings: `sensor_msgs/msg/Imu`, `sensor_msgs::msg::dds_::Imu_`, `sensor_msgs/Imu`. */
export function commonName(type: string): string {
  return type
    .replace(/::(dds_::)?/g, '/')
    .replace(/^(\w+)\/msg\//, '$1/')
    .replace(/_$/, '');
}
