import { Defect } from '../defect.js';
import type { RosField, RosPrimitive, RosStruct } from './ros-definition.js';

/** Strings, structs and array elements of one message: far more than any type that is mapped here. */
const MAX_NODES = 100_000;
const MAX_DEPTH = 32;

/** A decoded message: numbers, bigints, booleans, strings, `Uint8Array`, other arrays, `{ sec, nsec }`, and nested ones. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Decodes one message by its definition: CDR (ROS 2) or ROS 1 serialization. Our own because definitions come with the
 * upload: the usual decoder compiles them into JavaScript, and neither bounds what a length field makes it allocate.
 * @see https://www.omg.org/spec/DDSI-RTPS (CDR), http://wiki.ros.org/msg (ROS 1)
 */
export function decodeRosMessage(type: RosStruct, data: Uint8Array, wire: 'cdr' | 'ros1'): Fields {
  return new RosReader(data, wire).struct(type, 0);
}

const SIZES: Record<Exclude<RosPrimitive, 'string'>, number> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  time: 8,
  duration: 8,
};

class RosReader {
  private readonly view: DataView;
  private readonly isLittle: boolean;
  /** Alignment counts from here; 0 means none. */
  private readonly origin: number;
  private readonly maxAlign: number;
  private readonly isCdr: boolean;
  private at: number;
  private nodes = 0;

  constructor(
    private readonly data: Uint8Array,
    wire: 'cdr' | 'ros1',
  ) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    this.isCdr = wire === 'cdr';
    if (!this.isCdr) {
      this.isLittle = true;
      this.origin = this.at = 0;
      this.maxAlign = 1;
      return;
    }
    if (data.byteLength < 4) throw new Defect('BAD_MESSAGE', 'the message is shorter than the header of CDR');
    const kind = this.view.getUint8(1);
    // 0 and 1 are plain CDR, 6 and 7 plain CDR2; the others put headers before members, which ROS never does.
    if (kind !== 0 && kind !== 1 && kind !== 6 && kind !== 7)
      throw new Defect('BAD_MESSAGE', 'the message is in a kind of CDR that ROS does not write', { actual: `${kind}` });
    this.isLittle = (kind & 1) === 1;
    this.maxAlign = kind >= 6 ? 4 : 8;
    this.origin = this.at = 4;
  }

  struct(type: RosStruct, depth: number): Fields {
    this.count(1);
    if (depth > MAX_DEPTH) throw new Defect('BAD_MESSAGE', 'the type of the message nests too deep');
    const fields: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    // IDL has no empty structs: ROS 2 writes one byte for them.
    if (type.fields.length === 0 && this.isCdr) this.claim(1, 1);
    for (const field of type.fields) fields[field.name] = this.field(field, depth);
    return fields;
  }

  private field({ type, length }: RosField, depth: number): unknown {
    if (length === null) return typeof type === 'string' ? this.primitive(type) : this.struct(type, depth + 1);
    const count = length === 'counted' ? this.u32() : length;
    if (typeof type === 'string' && type !== 'string' && type !== 'time' && type !== 'duration')
      return this.numbers(type, count);
    this.count(count);
    const list: unknown[] = [];
    for (let i = 0; i < count; i += 1)
      list.push(typeof type === 'string' ? this.primitive(type) : this.struct(type, depth + 1));
    return list;
  }

  private numbers(type: Exclude<RosPrimitive, 'string' | 'time' | 'duration'>, count: number): unknown {
    const size = SIZES[type];
    const start = count === 0 ? this.at : this.claim(size, count * size);
    if (type === 'uint8') return this.data.subarray(start, start + count);
    if (type === 'bool' || type === 'int8')
      return Float64Array.from(
        this.data.subarray(start, start + count),
        type === 'bool' ? Math.sign : (v) => (v << 24) >> 24,
      );
    const values = type === 'float32' ? new Float32Array(count) : new Float64Array(count);
    for (let i = 0; i < count; i += 1) values[i] = Number(this.valueAt(type, start + i * size));
    return values;
  }

  private primitive(type: RosPrimitive): unknown {
    if (type === 'string') return this.text();
    if (type === 'time' || type === 'duration') {
      const sec = type === 'time' && !this.isCdr ? this.u32() : this.view.getInt32(this.claim(4, 4), this.isLittle);
      return { sec, nsec: this.u32() };
    }
    const value = this.valueAt(type, this.claim(SIZES[type], SIZES[type]));
    return type === 'bool' ? value !== 0 : value;
  }

  private valueAt(type: Exclude<RosPrimitive, 'string' | 'time' | 'duration'>, at: number): number | bigint {
    switch (type) {
      case 'bool':
      case 'uint8':
        return this.view.getUint8(at);
      case 'int8':
        return this.view.getInt8(at);
      case 'int16':
        return this.view.getInt16(at, this.isLittle);
      case 'uint16':
        return this.view.getUint16(at, this.isLittle);
      case 'int32':
        return this.view.getInt32(at, this.isLittle);
      case 'uint32':
        return this.view.getUint32(at, this.isLittle);
      case 'int64':
        return this.view.getBigInt64(at, this.isLittle);
      case 'uint64':
        return this.view.getBigUint64(at, this.isLittle);
      case 'float32':
        return this.view.getFloat32(at, this.isLittle);
      case 'float64':
        return this.view.getFloat64(at, this.isLittle);
    }
  }

  private text(): string {
    const length = this.u32();
    const at = this.claim(1, length);
    this.count(1);
    // CDR counts the closing zero.
    const end = this.isCdr && length > 0 && this.data[at + length - 1] === 0 ? length - 1 : length;
    return Buffer.from(this.data.buffer, this.data.byteOffset + at, end).toString('utf8');
  }

  private u32(): number {
    return this.view.getUint32(this.claim(4, 4), this.isLittle);
  }

  /** Aligns, then takes bytes that must be there. */
  private claim(align: number, bytes: number): number {
    const step = Math.min(align, this.maxAlign);
    const at = this.at + ((step - ((this.at - this.origin) % step)) % step);
    if (!(bytes <= this.data.byteLength - at))
      throw new Defect('BAD_MESSAGE', 'the message is shorter than its type asks for', {
        expected: `${bytes} bytes at ${at}`,
        actual: `${this.data.byteLength} bytes`,
      });
    this.at = at + bytes;
    return at;
  }

  private count(nodes: number): void {
    this.nodes += nodes;
    if (!(this.nodes <= MAX_NODES))
      throw new Defect('BAD_MESSAGE', 'the message has more strings and parts than any known type', {
        expected: `at most ${MAX_NODES}`,
      });
  }
}
