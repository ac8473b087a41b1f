import type { KeyValue, ParquetType, SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import type { OutputFile, OutputFolder, WrittenFile } from './output-folder.js';

/** A column: how one value is stored, and how many lists are around it (0 for a plain value). */
export interface TableColumn {
  readonly name: string;
  readonly type: ParquetType;
  readonly listDepth: number;
  readonly convertedType?: SchemaElement['converted_type'];
  /** The struct of bytes and path in which pictures are embedded. */
  readonly isImage?: boolean;
}

/** By column name: one cell per row. int64 cells are bigint, lists are plain arrays. */
export type TableRows = ReadonlyMap<string, readonly unknown[]>;

/** Writes a parquet file row group by row group; what is encoded leaves memory after each. Lists are laid out as pyarrow does. */
export class ParquetTable {
  private readonly bytes = new ByteWriter();
  private readonly writer: ParquetWriter;

  private constructor(
    private readonly file: OutputFile,
    private readonly columns: readonly TableColumn[],
    metadata: Readonly<Record<string, string>>,
  ) {
    this.writer = new ParquetWriter({
      writer: this.bytes,
      schema: [{ name: 'schema', num_children: columns.length }, ...columns.flatMap(schemaOf)],
      codec: 'SNAPPY',
      kvMetadata: Object.entries(metadata).map(([key, value]): KeyValue => ({ key, value })),
      createdBy: 'bodega',
    });
  }

  static async create(
    folder: OutputFolder,
    path: string,
    columns: readonly TableColumn[],
    metadata: Readonly<Record<string, string>> = {},
  ): Promise<ParquetTable> {
    return new ParquetTable(await folder.create(path), columns, metadata);
  }

  /** Bytes so far, without the footer. */
  get sizeBytes(): number {
    return this.bytes.offset;
  }

  /** Appends one row group. */
  async write(rows: TableRows, count: number): Promise<void> {
    const columnData = this.columns.map(({ name }) => ({ name, data: [...(rows.get(name) ?? [])] }));
    await this.writer.write({ columnData, rowGroupSize: Math.max(1, count) });
    await this.flush();
  }

  async close(): Promise<WrittenFile> {
    await this.writer.finish();
    await this.flush();
    return this.file.close();
  }

  private async flush(): Promise<void> {
    await this.file.append(this.bytes.getBytes());
    // `offset` goes on counting: the footer holds places in the whole file.
    this.bytes.index = 0;
  }
}

function schemaOf({ name, type, listDepth, convertedType, isImage }: TableColumn): SchemaElement[] {
  if (isImage)
    return [
      { name, repetition_type: 'OPTIONAL', num_children: 2 },
      { name: 'bytes', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' },
      { name: 'path', type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' },
    ];
  if (listDepth === 0)
    return [{ name, type, repetition_type: 'OPTIONAL', ...(convertedType ? { converted_type: convertedType } : {}) }];
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    ...schemaOf({ name: 'element', type, listDepth: listDepth - 1, ...(convertedType ? { convertedType } : {}) }),
  ];
}
