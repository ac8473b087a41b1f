import type { KeyValue, SchemaElement } from 'hyparquet';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';

export type CellType = 'float' | 'double' | 'int64' | 'bool' | 'string';

/** A column: its type, and how many lists are wrapped around it (0 for a plain value). */
export interface Column {
  readonly name: string;
  readonly type: CellType;
  readonly listDepth: number;
}

const LEAF: Readonly<Record<CellType, Omit<SchemaElement, 'name'>>> = {
  float: { type: 'FLOAT', repetition_type: 'OPTIONAL' },
  double: { type: 'DOUBLE', repetition_type: 'OPTIONAL' },
  int64: { type: 'INT64', repetition_type: 'OPTIONAL' },
  bool: { type: 'BOOLEAN', repetition_type: 'OPTIONAL' },
  string: { type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
};

function schemaOf({ name, type, listDepth }: Column): SchemaElement[] {
  if (listDepth === 0) return [{ name, ...LEAF[type] }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf({ name: 'element', type, listDepth: listDepth - 1 }),
  ];
}

/** Writes rows group by group; int64 cells are bigint. The lists are laid out as pyarrow lays them out. */
export function writeTable(
  filename: string,
  columns: readonly Column[],
  rowGroups: readonly (readonly Readonly<Record<string, unknown>>[])[],
  metadata: KeyValue[] = [],
): void {
  const writer = new ParquetWriter({
    writer: fileWriter(filename),
    schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(schemaOf)],
    codec: 'SNAPPY',
    kvMetadata: metadata,
  });
  for (const rows of rowGroups) {
    const columnData = columns.map(({ name }) => ({ name, data: rows.map((r) => r[name]) }));
    void writer.write({ columnData, rowGroupSize: rows.length });
  }
  void writer.finish();
}
