import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import { ThriftReader } from './thrift.js';

/** 32 MB describe some 200,000 column chunks; more would not fit the reader's memory promise. */
const MAX_FOOTER_BYTES = 32 * 2 ** 20;
const MAX_SCHEMA_ELEMENTS = 20_000;
const MAX_SCHEMA_DEPTH = 16;
const FIRST_READ_BYTES = 256 * 1024;
const MAGIC = 0x31524150; // PAR1

const PHYSICAL = [
  'BOOLEAN',
  'INT32',
  'INT64',
  'INT96',
  'FLOAT',
  'DOUBLE',
  'BYTE_ARRAY',
  'FIXED_LEN_BYTE_ARRAY',
] as const;
const CODECS = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'LZO', 'BROTLI', 'LZ4', 'ZSTD', 'LZ4_RAW'] as const;

/** Physical type of a column. */
export type PhysicalType = (typeof PHYSICAL)[number];
/** Compression of a column chunk. */
export type CodecName = (typeof CODECS)[number];

/** A leaf of the schema: a column that holds values. */
export interface Leaf {
  readonly path: readonly string[];
  readonly type: PhysicalType;
  readonly typeLength: number;
  readonly maxDef: number;
  readonly maxRep: number;
}

/** One column of one row group. */
export interface Chunk {
  readonly codec: CodecName;
  readonly numValues: number;
  readonly start: number;
  readonly end: number;
}

/** A horizontal slice of the file. `chunks` follow the order of the leaves. */
export interface RowGroup {
  readonly numRows: number;
  readonly chunks: readonly Chunk[];
}

/** A parquet file's footer, as far as readers need it. */
export interface ParquetMeta {
  readonly numRows: number;
  readonly leaves: readonly Leaf[];
  readonly rowGroups: readonly RowGroup[];
  readonly keyValues: ReadonlyMap<string, string>;
}

/**
 * Reads and checks a parquet footer: magic at both ends, every column chunk inside the file.
 * @see https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
 */
export async function readParquetMeta(source: ByteSource): Promise<ParquetMeta> {
  const size = source.sizeBytes;
  if (size < 12) throw new Defect('TRUNCATED_FILE', `a parquet file of ${size} bytes holds nothing`);
  let tail = await readRange(
    source,
    Math.max(0, size - FIRST_READ_BYTES),
    Math.min(size, FIRST_READ_BYTES),
    'the footer',
  );
  const head = size > FIRST_READ_BYTES ? await readRange(source, 0, 4, 'the header') : tail;
  const headMagic = new DataView(head.buffer, head.byteOffset).getUint32(0, true);
  const tailView = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const tailMagic = tailView.getUint32(tail.byteLength - 4, true);
  if (headMagic !== MAGIC) throw new Defect('BAD_MAGIC', 'not a parquet file: it does not start with PAR1');
  if (tailMagic !== MAGIC)
    throw new Defect(
      'TRUNCATED_FILE',
      'parquet without its footer: it does not end with PAR1 (cut off, or the recorder did not finish)',
    );
  const footerBytes = tailView.getUint32(tail.byteLength - 8, true);
  if (footerBytes > size - 12)
    throw new Defect('BAD_PARQUET', 'the footer is longer than the file', {
      expected: `at most ${size - 12}`,
      actual: `${footerBytes}`,
    });
  if (footerBytes > MAX_FOOTER_BYTES)
    throw new Defect('PARQUET_UNSUPPORTED', 'the footer is too large', {
      actual: `${footerBytes} bytes`,
      expected: `at most ${MAX_FOOTER_BYTES} bytes`,
    });
  if (footerBytes + 8 > tail.byteLength)
    tail = await readRange(source, size - 8 - footerBytes, footerBytes + 8, 'the footer');
  const footer = tail.subarray(tail.byteLength - 8 - footerBytes, tail.byteLength - 8);
  return decoding('BAD_PARQUET', 'the footer', () => parseFooter(footer, size - 8 - footerBytes));
}

interface SchemaElement {
  type: number | undefined;
  typeLength: number;
  repetition: number;
  name: string;
  children: number;
}

function parseFooter(footer: Uint8Array, dataEnd: number): ParquetMeta {
  const reader = new ThriftReader(footer);
  const elements: SchemaElement[] = [];
  const rowGroups: RowGroup[] = [];
  const keyValues = new Map<string, string>();
  let leaves: Leaf[] = [];
  let numRows = -1;
  reader.struct((id) => {
    if (id === 2) {
      reader.list(() => elements.push(readElement(reader)));
      if (elements.length > MAX_SCHEMA_ELEMENTS)
        throw new Defect('PARQUET_UNSUPPORTED', `the schema has ${elements.length} elements`);
      leaves = toLeaves(elements);
    } else if (id === 3) numRows = reader.int();
    else if (id === 4) reader.list(() => rowGroups.push(readRowGroup(reader, leaves, dataEnd)));
    else if (id === 5) reader.list(() => readKeyValue(reader, keyValues));
    else return false;
    return true;
  });
  const total = rowGroups.reduce((sum, group) => sum + group.numRows, 0);
  if (numRows !== total)
    throw new Defect('BAD_PARQUET', 'the footer counts other rows than its row groups', {
      expected: `${numRows}`,
      actual: `${total}`,
    });
  if (leaves.length === 0) throw new Defect('BAD_PARQUET', 'the schema has no column');
  return { numRows, leaves, rowGroups, keyValues };
}

function readElement(reader: ThriftReader): SchemaElement {
  const element: SchemaElement = { type: undefined, typeLength: 0, repetition: 0, name: '', children: 0 };
  reader.struct((id) => {
    if (id === 1) element.type = reader.int();
    else if (id === 2) element.typeLength = reader.int();
    else if (id === 3) element.repetition = reader.int();
    else if (id === 4) element.name = reader.string();
    else if (id === 5) element.children = reader.int();
    else return false;
    return true;
  });
  return element;
}

/** Walks the flat, depth-first list of elements into leaves with their levels. */
function toLeaves(elements: readonly SchemaElement[]): Leaf[] {
  const leaves: Leaf[] = [];
  let next = 1;
  const walk = (children: number, path: readonly string[], def: number, rep: number): void => {
    if (path.length > MAX_SCHEMA_DEPTH) throw new Defect('PARQUET_UNSUPPORTED', 'the schema nests too deep');
    for (let i = 0; i < children; i += 1) {
      const element = elements[next];
      if (!element) throw new Defect('BAD_PARQUET', 'the schema announces more children than it holds');
      next += 1;
      const childPath = [...path, element.name];
      const childDef = def + (element.repetition === 0 ? 0 : 1);
      const childRep = rep + (element.repetition === 2 ? 1 : 0);
      if (element.children > 0) {
        walk(element.children, childPath, childDef, childRep);
        continue;
      }
      const type = PHYSICAL[element.type ?? -1];
      if (!type) throw new Defect('BAD_PARQUET', `column ${childPath.join('.')} has no known type`);
      leaves.push({ path: childPath, type, typeLength: element.typeLength, maxDef: childDef, maxRep: childRep });
    }
  };
  walk(elements[0]?.children ?? 0, [], 0, 0);
  return leaves;
}

function readRowGroup(reader: ThriftReader, leaves: readonly Leaf[], dataEnd: number): RowGroup {
  const chunks: Chunk[] = [];
  let numRows = -1;
  reader.struct((id) => {
    if (id === 1) reader.list(() => chunks.push(readChunk(reader, leaves[chunks.length], dataEnd)));
    else if (id === 3) numRows = reader.int();
    else return false;
    return true;
  });
  if (chunks.length !== leaves.length)
    throw new Defect('BAD_PARQUET', 'a row group lacks columns of the schema', {
      expected: `${leaves.length}`,
      actual: `${chunks.length}`,
    });
  if (!(numRows >= 0)) throw new Defect('BAD_PARQUET', 'a row group has no row count');
  return { numRows, chunks };
}

function readChunk(reader: ThriftReader, leaf: Leaf | undefined, dataEnd: number): Chunk {
  let codec: CodecName | undefined;
  let pathText = '';
  let numValues = -1;
  let bytes = -1;
  let dataAt = -1;
  let dictionaryAt = -1;
  let hasFile = false;
  reader.struct((outer) => {
    if (outer === 1) {
      hasFile = reader.string() !== '';
      return true;
    }
    if (outer !== 3) return false;
    reader.struct((id) => {
      if (id === 3) {
        const parts: string[] = [];
        reader.list(() => parts.push(reader.string()));
        pathText = parts.join('.');
      } else if (id === 4) codec = CODECS[reader.int()];
      else if (id === 5) numValues = reader.int();
      else if (id === 7) bytes = reader.int();
      else if (id === 9) dataAt = reader.int();
      else if (id === 11) dictionaryAt = reader.int();
      else return false;
      return true;
    });
    return true;
  });
  if (!leaf || pathText !== leaf.path.join('.'))
    throw new Defect('BAD_PARQUET', `column chunk ${pathText} is not where the schema has it`);
  if (hasFile) throw new Defect('PARQUET_UNSUPPORTED', 'columns lie in other files');
  if (!codec || codec === 'LZO')
    throw new Defect('PARQUET_UNSUPPORTED', `column ${pathText} has an unknown compression`);
  const start = dictionaryAt > 0 && dictionaryAt < dataAt ? dictionaryAt : dataAt;
  if (start < 4 || bytes < 0 || numValues < 0 || start + bytes > dataEnd) {
    throw new Defect('BAD_PARQUET', `column ${pathText} points outside the file`, {
      expected: `bytes 4 to ${dataEnd}`,
      actual: `${start} to ${start + bytes}`,
    });
  }
  return { codec, numValues, start, end: start + bytes };
}

function readKeyValue(reader: ThriftReader, into: Map<string, string>): void {
  let key = '';
  let value = '';
  reader.struct((id) => {
    if (id === 1) key = reader.string();
    else if (id === 2) value = reader.string();
    else return false;
    return true;
  });
  into.set(key, value);
}
