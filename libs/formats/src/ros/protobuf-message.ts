import type { Field, Type } from 'protobufjs';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor.js';
import { Defect, decoding } from '../defect.js';
import type { Fields } from './ros-message.js';

const MAX_DESCRIPTOR_BYTES = 2 * 2 ** 20;
const MAX_NODES = 100_000;
const MAX_DEPTH = 32;
const LENGTH_DELIMITED = 2;

/** Finds a message type in a serialized FileDescriptorSet. */
export function readProtobufType(descriptor: Uint8Array, name: string): Type {
  if (descriptor.byteLength > MAX_DESCRIPTOR_BYTES)
    throw new Defect('BAD_MESSAGE', 'the definition of this type is unreasonably long', {
      expected: `at most ${MAX_DESCRIPTOR_BYTES} bytes`,
    });
  return decoding('BAD_MESSAGE', 'the definition of this type', () => {
    const type = protobuf.Root.fromDescriptor(descriptor, { keepCase: true }).lookupType(name);
    for (const field of type.fieldsArray) field.resolve();
    return type;
  });
}

/**
 * Decodes by reflection. The library's own decoder compiles the uploaded definition into JavaScript and does not bound
 * how many objects a message may become.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function decodeProtobufMessage(type: Type, data: Uint8Array): Fields {
  const budget = { nodes: 0 };
  return decoding('BAD_MESSAGE', 'a message', () =>
    decodeType(type, protobuf.Reader.create(data), data.byteLength, budget, 0),
  );
}

function decodeType(
  type: Type,
  reader: protobuf.Reader,
  end: number,
  budget: { nodes: number },
  depth: number,
): Fields {
  if (depth > MAX_DEPTH) throw new Defect('BAD_MESSAGE', 'the message nests too deep');
  const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = type.fieldsById[tag >>> 3];
    if (!field || field.map) {
      reader.skipType(tag & 7);
      continue;
    }
    if (!field.repeated) {
      fields[field.name] = valueOf(field, reader, budget, depth);
      continue;
    }
    const list = (fields[field.name] ??= []) as unknown[];
    if ((tag & 7) === LENGTH_DELIMITED && isPackable(field))
      for (const stop = reader.uint32() + reader.pos; reader.pos < stop;)
        list.push(valueOf(field, reader, budget, depth));
    else list.push(valueOf(field, reader, budget, depth));
  }
  return fields;
}

function isPackable(field: Field): boolean {
  return !(field.resolve().resolvedType instanceof protobuf.Type) && field.type !== 'string' && field.type !== 'bytes';
}

function valueOf(field: Field, reader: protobuf.Reader, budget: { nodes: number }, depth: number): unknown {
  budget.nodes += 1;
  if (budget.nodes > MAX_NODES) throw new Defect('BAD_MESSAGE', 'the message has more parts than any known type');
  const resolved = field.resolve().resolvedType;
  if (resolved instanceof protobuf.Type) {
    const length = reader.uint32();
    const end = reader.pos + length;
    if (end > reader.len) throw new Defect('BAD_MESSAGE', 'the message is cut short');
    return decodeType(resolved, reader, end, budget, depth + 1);
  }
  if (resolved) return reader.int32();
  switch (field.type) {
    case 'double':
      return reader.double();
    case 'float':
      return reader.float();
    case 'bool':
      return reader.bool();
    case 'string':
      return reader.string();
    case 'bytes':
      return reader.bytes();
    case 'int32':
      return reader.int32();
    case 'uint32':
      return reader.uint32();
    case 'sint32':
      return reader.sint32();
    case 'fixed32':
      return reader.fixed32();
    case 'sfixed32':
      return reader.sfixed32();
    case 'int64':
      return toBigInt(reader.int64());
    case 'uint64':
      return toBigInt(reader.uint64());
    case 'sint64':
      return toBigInt(reader.sint64());
    case 'fixed64':
      return toBigInt(reader.fixed64());
    case 'sfixed64':
      return toBigInt(reader.sfixed64());
    default:
      throw new Defect('BAD_MESSAGE', 'the message has a field of an unknown type', {
        actual: field.type.slice(0, 40),
      });
  }
}

const toBigInt = (value: number | { toString(): string }): bigint | number =>
  typeof value === 'number' ? value : BigInt(value.toString());
