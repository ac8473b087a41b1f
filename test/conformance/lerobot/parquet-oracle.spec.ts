import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { Encoding, ParquetType } from 'hyparquet';
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ParquetFile } from '@app/formats';
import { bufferSource } from '../../support/file-trees.js';
import type { TablePlan } from './clean-set.js';
import { writeTable } from './clean-set.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

/** Every row of a column as hyparquet reads it, nested lists flattened. */
async function oracle(bytes: Uint8Array, column: string): Promise<unknown[][]> {
  const buffer = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({ file: buffer, columns: [column], compressors });
  return rows.map((row) => flat(row[column]));
}

function flat(value: unknown): unknown[] {
  if (value === null || value === undefined) return [];
  if (typeof value === 'bigint' || typeof value === 'boolean') return [Number(value)];
  if (Array.isArray(value)) return value.flatMap(flat);
  return [value];
}

/** The same column through the block decoder, in blocks of `step` rows. */
async function byBlocks(
  file: ParquetFile,
  column: string,
  shape: readonly number[],
  step: number,
): Promise<unknown[][]> {
  const leaf = file.leavesOf(column)[0];
  if (!leaf) throw new Error(`no column ${column}`);
  const numbers = file.numbers(leaf, shape);
  const rows: unknown[][] = [];
  for (let row = 0; row < file.numRows; row += step) {
    const count = Math.min(step, file.numRows - row);
    const block = await numbers.read(count);
    for (let i = 0; i < count; i += 1) rows.push([...block.slice(i * numbers.width, (i + 1) * numbers.width)]);
  }
  return rows;
}

/** The same column through the row decoder. */
async function byRows(file: ParquetFile, column: string): Promise<unknown[][]> {
  const leaf = file.leavesOf(column)[0];
  if (!leaf) throw new Error(`no column ${column}`);
  const reader = file.rows(leaf);
  const rows: unknown[][] = [];
  for (let row = 0; row < file.numRows; row += 1) {
    const { numbers, strings } = reader.take() ?? (await reader.load());
    rows.push(strings.length > 0 ? strings.map((bytes) => new TextDecoder().decode(bytes)) : [...numbers]);
  }
  return rows;
}

function nest(values: unknown[], shape: readonly number[]): unknown {
  if (shape.length === 0) return values[0];
  const [length = 0, ...inner] = shape;
  const width = inner.reduce((product, n) => product * n, 1);
  return Array.from({ length }, (_, i) => nest(values.slice(i * width, (i + 1) * width), inner));
}

const value: Record<string, fc.Arbitrary<unknown>> = {
  FLOAT: fc.oneof(fc.float({ noNaN: false }), fc.constantFrom(0, 1, 0.5)),
  DOUBLE: fc.oneof(fc.double(), fc.constantFrom(0, 1, 0.5)),
  INT32: fc.oneof(fc.integer(), fc.constantFrom(1, 2)),
  INT64: fc.oneof(fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }), fc.constantFrom(1n, 2n)),
  BOOLEAN: fc.boolean(),
};

const table = fc
  .record({
    type: fc.constantFrom<ParquetType>('FLOAT', 'DOUBLE', 'INT32', 'INT64', 'BOOLEAN'),
    shape: fc.oneof(
      fc.constant([]),
      fc.tuple(fc.integer({ min: 2, max: 30 })),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 })),
    ),
    rows: fc.integer({ min: 1, max: 120 }),
    isRepetitive: fc.boolean(),
    rowGroupSize: fc.integer({ min: 1, max: 150 }),
    pageSize: fc.constantFrom(16, 64, 300, 1 << 20),
    dictionarySize: fc.constantFrom(0, 1 << 20),
    codec: fc.constantFrom<'SNAPPY' | 'UNCOMPRESSED'>('SNAPPY', 'UNCOMPRESSED'),
    step: fc.integer({ min: 1, max: 70 }),
  })
  .chain((plan) => {
    const width = plan.shape.reduce((product, n) => product * n, 1);
    const pool = fc.array(value[plan.type] ?? fc.constant(0), { minLength: 1, maxLength: plan.isRepetitive ? 3 : 200 });
    return pool.map((values) => ({
      ...plan,
      values: Array.from({ length: plan.rows }, (_, r) =>
        nest(
          Array.from({ length: width }, (__, i) => values[(r * width + i * 7) % values.length]),
          plan.shape,
        ),
      ),
    }));
  });

describe('the parquet decoder', () => {
  it('reads what hyparquet reads, in blocks and in rows, however the file is cut', async () => {
    await fc.assert(
      fc.asyncProperty(table, async (plan) => {
        const tables: TablePlan = { v: { type: plan.type, depth: plan.shape.length, values: plan.values } };
        const bytes = writeTable(tables, plan);
        const file = await ParquetFile.open(bufferSource(bytes));

        const expected = await oracle(bytes, 'v');
        expect(await byBlocks(file, 'v', plan.shape, plan.step)).toEqual(expected);
        expect(await byRows(await ParquetFile.open(bufferSource(bytes)), 'v')).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it.each<[ParquetType, Encoding]>([
    ['INT32', 'DELTA_BINARY_PACKED'],
    ['INT64', 'DELTA_BINARY_PACKED'],
    ['FLOAT', 'BYTE_STREAM_SPLIT'],
    ['DOUBLE', 'BYTE_STREAM_SPLIT'],
    ['BYTE_ARRAY', 'DELTA_LENGTH_BYTE_ARRAY'],
    ['BYTE_ARRAY', 'DELTA_BYTE_ARRAY'],
    ['BOOLEAN', 'RLE'],
  ])('reads %s in encoding %s', async (type, encoding) => {
    const values = Array.from({ length: 333 }, (_, i) =>
      type === 'BYTE_ARRAY'
        ? `text ${i % 40}`
        : type === 'INT64'
          ? BigInt(i * i)
          : type === 'BOOLEAN'
            ? i % 3 === 0
            : i * 3,
    );
    const bytes = writeTable(
      { v: { type, depth: 0, values, encoding, isText: type === 'BYTE_ARRAY' } },
      { pageSize: 200 },
    );

    const file = await ParquetFile.open(bufferSource(bytes));

    const expected = await oracle(bytes, 'v');
    expect(expected[41]).toEqual(
      type === 'BOOLEAN' ? [0] : type === 'BYTE_ARRAY' ? ['text 1'] : type === 'INT64' ? [1681] : [123],
    );
    expect(await byRows(file, 'v')).toEqual(expected);
    if (type !== 'BYTE_ARRAY')
      expect(await byBlocks(await ParquetFile.open(bufferSource(bytes)), 'v', [], 50)).toEqual(expected);
  });

  it('reads lists of uneven length and nulls row by row', async () => {
    const values = [['a', 'b'], [], null, ['c'], ['a', 'b', 'c']];
    const bytes = writeTable({ v: { type: 'BYTE_ARRAY', depth: 1, isText: true, values } });

    const rows = await byRows(await ParquetFile.open(bufferSource(bytes)), 'v');

    expect(rows).toEqual([['a', 'b'], [], [], ['c'], ['a', 'b', 'c']]);
  });
});

describeWithSharedData('the parquet decoder on real files', () => {
  it('reads every column of every real LeRobot table as hyparquet does', async () => {
    const folders = [
      'lerobot-tiny-fixtures',
      'lerobot-v21-unitree-g1/subset-8ep',
      'lerobot-v30-unitree-g1',
      'lerobot-v30-unitree-g1-drift',
      'lerobot-v30-so101-meta-only',
      'lerobot-malformed-franka',
    ];
    let columns = 0;
    for (const folder of folders) {
      const names = (await readdir(sharedData(folder), { recursive: true })).filter((name) =>
        name.endsWith('.parquet'),
      );
      for (const name of names) {
        const bytes = new Uint8Array(await readFile(`${sharedData(folder)}/${name}`));
        const file = await ParquetFile.open(bufferSource(bytes));
        for (const column of file.columns) {
          const isImage = column.includes('images') && !column.includes('/');
          if (isImage) continue;
          const expected = await oracle(bytes, column);
          expect([name, column, await byRows(file, column)]).toEqual([name, column, expected]);
          if (column === 'action' || column === 'observation.state') {
            const shape = (expected[0]?.length ?? 0) > 1 ? [expected[0]?.length ?? 0] : [];
            expect(await byBlocks(file, column, shape, 100)).toEqual(expected);
          }
          columns += 1;
        }
      }
    }
    expect(columns).toBeGreaterThan(200);
  });
});
