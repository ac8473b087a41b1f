import type { NumberRows } from '@app/formats';
import type { OutputFolder } from './output-folder.js';
import type { TableColumn } from './parquet-table.js';
import { ParquetTable } from './parquet-table.js';
import type { DataColumn, LayoutPlan, ReadyEpisode } from './ready-episode.js';

/** A row group is encoded in memory: longer or fatter episodes get several. */
const MAX_GROUP_VALUES = 2 ** 19;
const MAX_GROUP_PICTURE_BYTES = 32 * 2 ** 20;

const STORED: Readonly<Record<string, Pick<TableColumn, 'type' | 'convertedType'>>> = {
  float16: { type: 'FLOAT' },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  int8: { type: 'INT32', convertedType: 'INT_8' },
  int16: { type: 'INT32', convertedType: 'INT_16' },
  int32: { type: 'INT32' },
  uint8: { type: 'INT32', convertedType: 'UINT_8' },
  uint16: { type: 'INT32', convertedType: 'UINT_16' },
  uint32: { type: 'INT64' },
  bool: { type: 'BOOLEAN' },
  boolean: { type: 'BOOLEAN' },
};

function storedAs(dtype: string): Pick<TableColumn, 'type' | 'convertedType'> {
  return STORED[dtype] ?? { type: 'INT64' };
}

/** Shape `[1]` is stored as a plain value, as LeRobot's recorder does. */
function isScalar(shape: readonly number[]): boolean {
  return shape.length === 0 || (shape.length === 1 && shape[0] === 1);
}

function tableColumns(plan: LayoutPlan): TableColumn[] {
  return [
    ...plan.columns.map(({ key, dtype, shape }) => ({
      name: key,
      ...storedAs(dtype),
      listDepth: isScalar(shape) ? 0 : shape.length,
    })),
    ...plan.features.texts.map(({ key }) => ({
      name: key,
      type: 'BYTE_ARRAY' as const,
      convertedType: 'UTF8' as const,
      listDepth: 0,
    })),
    ...embeddedKeys(plan).map((key) => ({ name: key, type: 'BYTE_ARRAY' as const, listDepth: 0, isImage: true })),
  ];
}

function embeddedKeys(plan: LayoutPlan): string[] {
  return plan.cameras.filter((camera) => camera.carrier === 'pictures').map((camera) => camera.key);
}

/** The key under which the `datasets` library keeps column types in a parquet footer. */
export function huggingfaceKey(plan: LayoutPlan): string {
  const value = (dtype: string): object => ({ dtype: dtype === 'boolean' ? 'bool' : dtype, _type: 'Value' });
  const typeOf = ({ dtype, shape }: DataColumn): object =>
    isScalar(shape)
      ? value(dtype)
      : shape.length === 1
        ? { feature: value(dtype), length: shape[0], _type: 'Sequence' }
        : { shape, dtype, _type: `Array${shape.length}D` };
  return JSON.stringify({
    info: {
      features: Object.fromEntries([
        ...plan.columns.map((column) => [column.key, typeOf(column)]),
        ...plan.features.texts.map(({ key }) => [key, value('string')]),
        ...embeddedKeys(plan).map((key) => [key, { _type: 'Image' }]),
      ]) as object,
    },
  });
}

/** A data file that is being written: rows of one episode or of many. */
export class DataTable {
  private rows = 0;

  private constructor(
    private readonly plan: LayoutPlan,
    private readonly table: ParquetTable,
  ) {}

  static async create(folder: OutputFolder, path: string, plan: LayoutPlan): Promise<DataTable> {
    const metadata = { huggingface: huggingfaceKey(plan) };
    return new DataTable(plan, await ParquetTable.create(folder, path, tableColumns(plan), metadata));
  }

  /** Size that the file would have with so many more rows, going by those it has. */
  sizeWith(rows: number): number {
    return this.rows === 0 ? 0 : this.table.sizeBytes * (1 + rows / this.rows);
  }

  /** Appends an episode: one row group, if it is of usual size. */
  async add(episode: ReadyEpisode): Promise<void> {
    for (let from = 0; from < episode.frames;) {
      const to = groupEnd(this.plan, episode, from);
      const rows = new Map<string, readonly unknown[]>();
      for (const column of this.plan.columns)
        rows.set(column.key, cellsOf(column, episode.numbers.get(column.key), from, to));
      for (const { key } of this.plan.features.texts) rows.set(key, episode.texts.get(key)?.slice(from, to) ?? []);
      for (const [key, { spill }] of episode.pictures) {
        const cells: unknown[] = [];
        for (let frame = from; frame < to; frame += 1) cells.push({ bytes: await spill.read(frame), path: null });
        rows.set(key, cells);
      }
      await this.table.write(rows, to - from);
      this.rows += to - from;
      from = to;
    }
  }

  async close(): Promise<void> {
    await this.table.close();
  }
}

function groupEnd(plan: LayoutPlan, { frames, pictures }: ReadyEpisode, from: number): number {
  const width = plan.columns.reduce((sum, column) => sum + column.shape.reduce((product, n) => product * n, 1), 0);
  const most = Math.min(frames, from + Math.max(1, Math.floor(MAX_GROUP_VALUES / width)));
  let to = from;
  for (let bytes = 0; to < most; to += 1) {
    for (const { spill } of pictures.values()) bytes += spill.sizeOf(to);
    if (to > from && bytes > MAX_GROUP_PICTURE_BYTES) break;
  }
  return to;
}

/** Rows of a column as cells: numbers, or lists of them as deep as the shape. */
function cellsOf({ dtype, shape }: DataColumn, values: NumberRows | undefined, from: number, to: number): unknown[] {
  const width = shape.reduce((product, length) => product * length, 1);
  const { type } = storedAs(dtype);
  const cell = (value: number): unknown =>
    type === 'INT64' ? BigInt(value) : type === 'BOOLEAN' ? value !== 0 : value;
  return Array.from({ length: to - from }, (_, i) => {
    const at = (from + i) * width;
    if (isScalar(shape)) return cell(values?.[at] ?? 0);
    return nest(shape, (offset) => cell(values?.[at + offset] ?? 0));
  });
}

/** Flat values as lists in lists. */
export function nest(shape: readonly number[], at: (offset: number) => unknown, offset = 0): unknown {
  const [length = 1, ...inner] = shape;
  if (inner.length === 0) return Array.from({ length }, (_, i) => at(offset + i));
  const step = inner.reduce((product, n) => product * n, 1);
  return Array.from({ length }, (_, i) => nest(inner, at, offset + i * step));
}
