import { parse } from '@foxglove/rosmsg';
import { MessageWriter as Ros1Writer } from '@foxglove/rosmsg-serialization';
import { MessageWriter as CdrWriter } from '@foxglove/rosmsg2-serialization';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import sharp from 'sharp';
import type { RecordedEpisode } from '../recordings.js';

/** One message of a recording, before it is encoded. */
export interface TimedMessage {
  readonly topic: string;
  readonly type: string;
  readonly timeNs: bigint;
  readonly value: Record<string, unknown>;
}

export const START_NS = 1_700_000_000_000_000_000n;
export const CAMERA_TOPIC = (camera: string) => `/${camera}/image_raw/compressed`;

const HEADER = 'MSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id';
const HEADER_1 = 'MSG: std_msgs/Header\nuint32 seq\ntime stamp\nstring frame_id';
const SEPARATOR = `\n${'='.repeat(80)}\n`;
const TIME = 'MSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec';

const BODIES: Readonly<Record<string, string>> = {
  'sensor_msgs/JointState':
    'std_msgs/Header header\nstring[] name\nfloat64[] position\nfloat64[] velocity\nfloat64[] effort',
  'sensor_msgs/CompressedImage': 'std_msgs/Header header\nstring format\nuint8[] data',
  'sensor_msgs/Image':
    'std_msgs/Header header\nuint32 height\nuint32 width\nstring encoding\nuint8 is_bigendian\nuint32 step\nuint8[] data',
  'std_msgs/String': 'string data',
};

/** The definition of a type as recorders write it. */
export function definitionOf(type: string, isRos2: boolean): string {
  const body = BODIES[type] ?? '';
  if (!body.includes('Header')) return body;
  return [body, ...(isRos2 ? [HEADER, TIME] : [HEADER_1])].join(SEPARATOR);
}

/** `sensor_msgs/JointState` as ROS 2 spells it. */
export const ros2Name = (type: string): string => type.replace('/', '/msg/');

/** A joint recording as ROS messages: state and command at every frame, one JPEG a camera, the task once. */
export async function messagesOf(
  episode: RecordedEpisode,
  extra: readonly TimedMessage[] = [],
): Promise<TimedMessage[]> {
  const width = episode.joints.length;
  const messages: TimedMessage[] = [];
  for (let frame = 0; frame < episode.frames; frame += 1) {
    const timeNs = START_NS + (BigInt(frame) * 1_000_000_000n) / BigInt(episode.fps);
    const header = { seq: frame, stamp: stampOf(timeNs), frame_id: 'base' };
    const joints = (row: Float32Array) => ({
      header,
      name: [...episode.joints],
      position: Float64Array.from(row.subarray(frame * width, (frame + 1) * width)),
      velocity: new Float64Array(0),
      effort: new Float64Array(0),
    });
    if (frame === 0) messages.push({ topic: '/task', type: 'std_msgs/String', timeNs, value: { data: episode.task } });
    messages.push({ topic: '/joint_states', type: 'sensor_msgs/JointState', timeNs, value: joints(episode.state) });
    messages.push({ topic: '/joint_commands', type: 'sensor_msgs/JointState', timeNs, value: joints(episode.action) });
    for (const camera of Object.keys(episode.images))
      messages.push({
        topic: CAMERA_TOPIC(camera),
        type: 'sensor_msgs/CompressedImage',
        timeNs,
        value: { header, format: 'jpeg', data: await jpegOf(episode, camera, frame) },
      });
  }
  return [...messages, ...extra].sort((a, b) => (a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0));
}

/** The picture that is written for a frame: the same bytes whenever it is asked for. */
export async function jpegOf(episode: RecordedEpisode, camera: string, frame: number): Promise<Uint8Array> {
  const raw = { width: episode.width, height: episode.height, channels: 3 as const };
  const pixels = episode.images[camera]?.[frame] ?? new Uint8Array(0);
  return new Uint8Array(await sharp(pixels, { raw }).jpeg({ quality: 90 }).toBuffer());
}

export function stampOf(timeNs: bigint) {
  const sec = Number(timeNs / 1_000_000_000n);
  const nsec = Number(timeNs % 1_000_000_000n);
  return { sec, nsec, nanosec: nsec };
}

const cdrWriters = new Map<string, CdrWriter>();
const ros1Writers = new Map<string, Ros1Writer>();

export function toCdr(type: string, value: unknown): Uint8Array {
  const writer = cdrWriters.get(type) ?? new CdrWriter(parse(definitionOf(type, true), { ros2: true }));
  cdrWriters.set(type, writer);
  return writer.writeMessage(value);
}

export function toRos1(type: string, value: unknown): Uint8Array {
  const writer = ros1Writers.get(type) ?? new Ros1Writer(parse(definitionOf(type, false)));
  ros1Writers.set(type, writer);
  return writer.writeMessage(value);
}

/** As Foxglove's JSON channels: bytes in base64, typed arrays as lists. */
export function toJson(value: unknown): Uint8Array {
  return Buffer.from(
    JSON.stringify(value, (_, entry: unknown) => {
      if (entry instanceof Uint8Array) return Buffer.from(entry).toString('base64');
      return entry instanceof Float64Array ? [...entry] : entry;
    }),
  );
}

const PROTOBUF = protobuf.parse(`
  syntax = "proto3";
  package foxglove;
  message Stamp { int64 seconds = 1; int32 nanos = 2; }
  message CompressedImage { Stamp timestamp = 1; string frame_id = 4; bytes data = 2; string format = 3; }
  message Joint { string name = 1; double position = 2; }
  message JointStates { Stamp timestamp = 1; repeated Joint joints = 2; }
`).root;

/** Foxglove's protobuf messages, with the descriptor that MCAP carries. */
export function protobufSchema(): Uint8Array {
  const set = PROTOBUF.toDescriptor('proto3');
  return (set.$type as protobuf.Type).encode(set).finish();
}

export function toProtobuf(type: string, value: Record<string, unknown>): Uint8Array {
  const message = PROTOBUF.lookupType(type);
  return message.encode(message.fromObject(value)).finish();
}
