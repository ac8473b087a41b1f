import { describe, expect, it } from '@jest/globals';
import { parse } from '@foxglove/rosmsg';
import { MessageWriter as Ros1Writer } from '@foxglove/rosmsg-serialization';
import { MessageReader as CdrReader, MessageWriter as CdrWriter } from '@foxglove/rosmsg2-serialization';
import fc from 'fast-check';
import { COMMON_DEFINITIONS } from './common-definitions.js';
import { commonDefinition, readRosDefinition } from './ros-definition.js';
import { decodeRosMessage } from './ros-message.js';

const DEFINITION = `
bool flag
int8 tiny
uint8[] raw
int16[3] three
string name
float64[] values
int64 big
Part[] parts
float32 last
time at
================================================================================
MSG: x/Part
string title
uint16[] codes
float64 weight
`;

const i = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const message = fc.record({
  flag: fc.boolean(),
  tiny: i(8),
  raw: fc.uint8Array({ maxLength: 9 }),
  three: fc.tuple(i(16), i(16), i(16)),
  name: fc.string({ maxLength: 12 }),
  values: fc.array(fc.double({ noNaN: true }), { maxLength: 5 }),
  big: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  parts: fc.array(
    fc.record({
      title: fc.string({ unit: 'grapheme', maxLength: 6 }),
      codes: fc.array(fc.integer({ min: 0, max: 65_535 }), { maxLength: 4 }),
      weight: fc.double({ noNaN: true }),
    }),
    { maxLength: 4 },
  ),
  last: fc.float({ noNaN: true }),
  at: fc.record({ sec: fc.integer({ min: 0, max: 2 ** 31 - 1 }), nsec: fc.integer({ min: 0, max: 999_999_999 }) }),
});

/** Typed arrays as lists, so that decoders can be compared. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_, entry: unknown) => {
      if (typeof entry === 'bigint') return `${entry}n`;
      if (Object.is(entry, -0)) return 0;
      return ArrayBuffer.isView(entry) ? [...(entry as unknown as Iterable<number>)] : entry;
    }),
  );

describe('decodeRosMessage', () => {
  it('reads CDR that the usual library writes, as that library reads it', () => {
    const definitions = parse(DEFINITION, { ros2: true });
    const writer = new CdrWriter(definitions);
    const reader = new CdrReader(definitions, { timeType: 'sec,nsec' });
    const struct = readRosDefinition(DEFINITION, true);

    fc.assert(
      fc.property(message, (value) => {
        const bytes = writer.writeMessage({ ...value, at: { ...value.at, nanosec: value.at.nsec } });
        expect(plain(decodeRosMessage(struct, bytes, 'cdr'))).toEqual(plain(reader.readMessage(bytes)));
      }),
      { numRuns: 200 },
    );
  });

  it('reads ROS 1 bytes that the usual library writes', () => {
    const writer = new Ros1Writer(parse(DEFINITION));
    const struct = readRosDefinition(DEFINITION, false);

    fc.assert(
      fc.property(message, (value) => {
        expect(plain(decodeRosMessage(struct, writer.writeMessage(value), 'ros1'))).toEqual(plain(value));
      }),
      { numRuns: 200 },
    );
  });

  it('reads big-endian CDR', () => {
    const struct = readRosDefinition('uint8 a\nuint32 b', true);

    const fields = decodeRosMessage(struct, Uint8Array.of(0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 1, 2), 'cdr');

    expect({ ...fields }).toEqual({ a: 7, b: 258 });
  });

  it('refuses any bytes by a defect or gives fields, whatever they are', () => {
    const struct = readRosDefinition(DEFINITION, true);

    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom('cdr', 'ros1'), (bytes, wire) => {
        try {
          decodeRosMessage(struct, bytes, wire as 'cdr' | 'ros1');
        } catch (error) {
          expect(error).toMatchObject({ name: 'Defect', code: 'BAD_MESSAGE' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('commonDefinition', () => {
  it.each(Object.keys(COMMON_DEFINITIONS))('holds all that %s refers to', (type) => {
    expect(commonDefinition(type)?.fields.length).toBeGreaterThan(0);
  });

  it('knows nothing of other types', () => {
    expect(commonDefinition('my_msgs/Own')).toBeNull();
  });
});
