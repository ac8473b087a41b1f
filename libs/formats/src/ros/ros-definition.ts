import { parse } from '@foxglove/rosmsg';
import { Defect, decoding } from '../defect.js';
import { COMMON_DEFINITIONS } from './common-definitions.js';

/** The definitions of a whole robot stack have under 100 KB. */
const MAX_DEFINITION_BYTES = 512 * 1024;
/** The parser compares every type with every other. */
const MAX_TYPES = 200;

export type RosPrimitive =
  | 'bool'
  | 'int8'
  | 'uint8'
  | 'int16'
  | 'uint16'
  | 'int32'
  | 'uint32'
  | 'int64'
  | 'uint64'
  | 'float32'
  | 'float64'
  | 'string'
  | 'time'
  | 'duration';

const PRIMITIVES = new Set<string>([
  'bool',
  'int8',
  'uint8',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float32',
  'float64',
  'string',
  'time',
  'duration',
]);

/** One field of a message, resolved. `length`: null for one value, 'counted' for a sequence, else a fixed array. */
export interface RosField {
  readonly name: string;
  readonly type: RosPrimitive | RosStruct;
  readonly length: null | 'counted' | number;
}

/** A message type with everything that it refers to. May refer to itself: the decoder bounds what it follows. */
export interface RosStruct {
  readonly fields: RosField[];
}

/** Reads the text of a `.msg` definition with what it includes, as MCAP and bags carry it. */
export function readRosDefinition(text: string, isRos2: boolean): RosStruct {
  if (text.length > MAX_DEFINITION_BYTES)
    throw new Defect('BAD_MESSAGE', 'the definition of this type is unreasonably long', {
      expected: `at most ${MAX_DEFINITION_BYTES} bytes`,
      actual: `${text.length} bytes`,
    });
  const types = text.match(/^\s*(MSG:|==)/gm)?.length ?? 0;
  if (types > 2 * MAX_TYPES)
    throw new Defect('BAD_MESSAGE', 'the definition of this type refers to unreasonably many others', {
      expected: `at most ${MAX_TYPES}`,
    });
  const parsed = decoding('BAD_MESSAGE', 'the definition of this type', () => parse(text, { ros2: isRos2 }));
  const structs = new Map<string, RosStruct>();
  for (const { name } of parsed) structs.set(name ?? '', { fields: [] });
  for (const { name, definitions } of parsed) {
    const struct = structs.get(name ?? '');
    for (const field of definitions) {
      if (field.isConstant || !struct) continue;
      struct.fields.push({
        name: field.name,
        type: resolve(field.type, structs),
        length: field.isArray ? (field.arrayLength ?? 'counted') : null,
      });
    }
  }
  const root = structs.get('') ?? structs.get(parsed[0]?.name ?? '');
  if (!root) throw new Defect('BAD_MESSAGE', 'the definition of this type is empty');
  return root;
}

/** The definition of a usual type, for bags that carry none (rosbag2 before Iron). Null for others. */
export function commonDefinition(type: string): RosStruct | null {
  const text = COMMON_DEFINITIONS[type];
  if (text === undefined) return null;
  const parts = [text];
  const included = new Set([type]);
  for (const part of parts)
    for (const [, name = ''] of part.matchAll(/^([a-z]\w*\/\w+)/gm)) {
      const definition = COMMON_DEFINITIONS[name];
      if (definition === undefined || included.has(name)) continue;
      included.add(name);
      parts.push(
        `================================================================================\nMSG: ${name}\n${definition}`,
      );
    }
  return readRosDefinition(parts.join('\n'), true);
}

function resolve(type: string, structs: ReadonlyMap<string, RosStruct>): RosPrimitive | RosStruct {
  if (isPrimitive(type)) return type;
  const struct = structs.get(type);
  if (!struct)
    throw new Defect('BAD_MESSAGE', `the definition of this type refers to ${type}, which it does not bring`);
  return struct;
}

const isPrimitive = (type: string): type is RosPrimitive => PRIMITIVES.has(type);
