import { Defect, decoding } from '../defect.js';
import { unpackMessage } from './compression.js';
import { commonName } from './message-type.js';
import { decodeProtobufMessage, readProtobufType } from './protobuf-message.js';
import type { Channel } from './recording.js';
import type { RosStruct } from './ros-definition.js';
import { commonDefinition, readRosDefinition } from './ros-definition.js';
import type { Fields } from './ros-message.js';
import { decodeRosMessage } from './ros-message.js';

/** Parsed JSON takes ten times its length in memory; pictures belong into CDR or protobuf. */
const MAX_JSON_BYTES = 8 * 2 ** 20;

export type Decode = (data: Uint8Array) => Fields;

/** How to decode the messages of a channel. Throws a defect that says why it cannot be done. */
export function decoderFor(channel: Channel): Decode {
  const decode = decoderOf(channel);
  if (!channel.isPacked) return decode;
  let bomb: Defect | null = null;
  return (data) => {
    // One bomb costs a second; a bag of 10 MB has room for ten thousand of them.
    if (bomb) throw bomb;
    try {
      return decode(unpackMessage(data));
    } catch (error) {
      if (error instanceof Defect && error.code === 'EXPANSION_LIMIT') bomb = error;
      throw error;
    }
  };
}

function decoderOf(channel: Channel): Decode {
  switch (channel.messageEncoding) {
    case 'cdr': {
      const struct = cdrStruct(channel);
      return (data) => decodeRosMessage(struct, data, 'cdr');
    }
    case 'ros1': {
      const struct = readRosDefinition(schemaText(channel), false);
      return (data) => decodeRosMessage(struct, data, 'ros1');
    }
    case 'json':
      return decodeJson;
    case 'protobuf': {
      if (channel.schema?.encoding !== 'protobuf') throw noDefinition(channel);
      const type = readProtobufType(channel.schema.data, channel.type);
      return (data) => decodeProtobufMessage(type, data);
    }
    default:
      throw new Defect('BAD_MESSAGE', `messages encoded as "${channel.messageEncoding.slice(0, 40)}" are not read`);
  }
}

function cdrStruct(channel: Channel): RosStruct {
  const { schema } = channel;
  if (schema?.encoding === 'ros2msg' && schema.data.byteLength > 0) return readRosDefinition(schemaText(channel), true);
  const common = commonDefinition(commonName(channel.type));
  if (!common) throw noDefinition(channel);
  return common;
}

function schemaText({ schema }: Channel): string {
  return Buffer.from(schema?.data ?? []).toString('utf8');
}

function noDefinition({ schema }: Channel): Defect {
  return new Defect(
    'BAD_MESSAGE',
    schema
      ? `its definition is given as "${schema.encoding.slice(0, 40)}", which is not read`
      : 'the recording brings no definition of this type',
  );
}

function decodeJson(data: Uint8Array): Fields {
  if (data.byteLength > MAX_JSON_BYTES)
    throw new Defect('TOO_LARGE', 'a JSON message is too long to be parsed: record pictures in CDR or protobuf', {
      expected: `at most ${MAX_JSON_BYTES} bytes`,
      actual: `${data.byteLength} bytes`,
    });
  return decoding('BAD_MESSAGE', 'a JSON message', () => {
    const value: unknown = JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new Defect('BAD_MESSAGE', 'a JSON message is not an object');
    return value as Fields;
  });
}
