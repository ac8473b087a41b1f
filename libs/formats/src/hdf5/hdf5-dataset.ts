import type { NumberRows } from '../dataset-source.js';
import { Defect } from '../defect.js';
import { fixedTexts, pointedTexts } from './attributes.js';
import type { Hdf5Module } from './library.js';

/** Rows are read in blocks of about this size; a block covers whole chunks, so that none is unpacked twice. */
const BLOCK_BYTES = 4 * 2 ** 20;
/** Chunks that h5py chose itself span 50 frames; unpacking some of them twice is cheaper than holding all of those. */
const MAX_BLOCK_BYTES = 24 * 2 ** 20;
/** The library unpacks a chunk as a whole, whatever is asked of it. */
const MAX_CHUNK_BYTES = 128 * 2 ** 20;
/** 27 hours at 100 Hz. */
const MAX_ROWS = 10_000_000;
const MAX_TEXT_BYTES = 2 ** 20;

/** Filters that the library carries. @see https://github.com/HDFGroup/hdf5_plugins/blob/master/docs/RegisteredFilterPlugins.md */
const KNOWN_FILTERS = new Set([1, 2, 3, 5, 6]);
const FILTER_NAMES: Readonly<Record<number, string>> = {
  4: 'szip',
  307: 'bzip2',
  32000: 'lzf',
  32001: 'blosc',
  32004: 'lz4',
  32008: 'bitshuffle',
  32013: 'zfp',
  32015: 'zstd',
  32026: 'blosc2',
};

/** The opened file, as its arrays need it. */
export interface ArrayHolder {
  run<T>(what: string, work: (module: Hdf5Module, fileId: bigint) => T): T;
  /** Counts bytes against what the file may grow to. */
  expand(bytes: number, what: string): void;
}

type Metadata = ReturnType<Hdf5Module['get_dataset_metadata']>;

/** One array of a file: what it announces, and its rows in blocks. The first dimension is time. */
export class Hdf5Dataset {
  readonly shape: readonly number[];
  /** As numpy names it; `bytes` for texts of a fixed length, `string` for texts of any length, null for what is neither number nor text. */
  readonly dtype: string | null;
  /** Bytes of one value. */
  readonly valueBytes: number;
  private readonly chunks: readonly number[] | null;
  private areFiltersChecked = false;

  constructor(
    private readonly file: ArrayHolder,
    readonly path: string,
  ) {
    const { metadata, dtype } = file.run(path, (module, fileId) => {
      const found = module.get_dataset_metadata(fileId, path);
      return { metadata: found, dtype: dtypeOf(found, module) };
    });
    this.shape = metadata.shape ?? [0];
    this.dtype = dtype;
    this.valueBytes = metadata.size;
    this.chunks = metadata.chunks;
    if ((metadata.virtual_sources ?? []).length > 0)
      throw new Defect('SYMLINK_FILE', `${path} is put together from other files: write the data into the file itself`);
  }

  get rows(): number {
    return this.shape[0] ?? 1;
  }

  /** Shape of one row; `[]` for one value. */
  get rowShape(): readonly number[] {
    return this.shape.slice(1);
  }

  /** Values of one row. */
  get width(): number {
    return this.rowShape.reduce((product, length) => product * length, 1);
  }

  get logicalBytes(): number {
    return this.shape.reduce((product, length) => product * length, 1) * this.valueBytes;
  }

  get isNumeric(): boolean {
    return this.dtype !== null && this.dtype !== 'bytes' && this.dtype !== 'string';
  }

  get isEmpty(): boolean {
    return this.shape.some((length) => length === 0);
  }

  /** Row ranges to be read one after the other, half-open. */
  *blocks(): Generator<readonly [from: number, to: number]> {
    const rowBytes = Math.max(1, this.width * this.valueBytes);
    const chunkRows = Math.max(1, this.chunks?.[0] ?? 1);
    const wholeChunks = chunkRows * Math.max(1, Math.floor(BLOCK_BYTES / (rowBytes * chunkRows)));
    const rows =
      wholeChunks * rowBytes <= MAX_BLOCK_BYTES ? wholeChunks : Math.max(1, Math.floor(MAX_BLOCK_BYTES / rowBytes));
    for (let from = 0; from < this.rows; from += rows) yield [from, Math.min(this.rows, from + rows)];
  }

  /** Rows as numbers. int64 beyond 2^53 loses its last digits; use `wholeNumbers` where they matter. */
  numbers(from: number, to: number): NumberRows {
    if (!this.isNumeric) throw this.undecodable();
    return toNumberRows(this.bytes(from, to), this.dtype ?? '');
  }

  /** One channel of a two-dimensional array, over all rows. */
  column(channel: number): Float64Array {
    if (this.shape.length !== 2 || !this.isNumeric) throw this.undecodable();
    const out = new Float64Array(this.admittedRows());
    for (const [from, to] of this.blocks()) {
      const rows = this.numbers(from, to);
      for (let row = 0; row < to - from; row += 1) out[from + row] = rows[row * this.width + channel] ?? NaN;
    }
    return out;
  }

  /** int64 of a one-dimensional array, exactly. */
  wholeNumbers(): BigInt64Array {
    if (this.shape.length !== 1 || (this.dtype !== 'int64' && this.dtype !== 'uint64')) throw this.undecodable();
    const out = new BigInt64Array(this.admittedRows());
    for (const [from, to] of this.blocks()) out.set(new BigInt64Array(this.bytes(from, to).buffer), from);
    return out;
  }

  /** All texts of a small array of texts. */
  texts(): string[] {
    if (this.dtype !== 'bytes' && this.dtype !== 'string') throw this.undecodable();
    if (this.logicalBytes > MAX_TEXT_BYTES)
      throw new Defect('TOO_LARGE', `${this.path} holds too much text`, {
        expected: `at most ${MAX_TEXT_BYTES} bytes`,
        actual: `${this.logicalBytes} bytes`,
      });
    if (this.isEmpty) return [];
    if (this.dtype === 'bytes')
      return fixedTexts(
        this.read(
          this.shape.map(() => 0),
          this.shape,
        ),
        this.valueBytes,
      );
    return this.file.run(this.path, (module, fileId) => {
      const count = this.logicalBytes / this.valueBytes;
      const at = module._malloc(this.logicalBytes);
      try {
        module.HEAPU8.fill(0, at, at + this.logicalBytes);
        if (module.get_dataset_data(fileId, this.path, null, null, null, BigInt(at)) < 0) throw new Error('no texts');
        return pointedTexts(module, at, count);
      } finally {
        module.reclaim_vlen_memory(fileId, this.path, '', BigInt(at));
        module._free(at);
      }
    });
  }

  /** Stored bytes of rows, little-endian. */
  bytes(from: number, to: number): Uint8Array<ArrayBuffer> {
    if (this.dtype === null || this.dtype === 'string') throw this.undecodable();
    this.admittedRows();
    return this.read([from, ...this.rowShape.map(() => 0)], [to - from, ...this.rowShape]);
  }

  private read(offset: readonly number[], count: readonly number[]): Uint8Array<ArrayBuffer> {
    this.checkFilters();
    const length = count.reduce((product, part) => product * part, 1) * this.valueBytes;
    if (length > MAX_BLOCK_BYTES)
      throw new Defect('TOO_LARGE', `one row of ${this.path} is too large`, {
        expected: `at most ${MAX_BLOCK_BYTES} bytes`,
        actual: `${length} bytes`,
      });
    this.file.expand(length, this.path);
    if (length === 0) return new Uint8Array(0);
    return this.file.run(this.path, (module, fileId) => {
      const at = module._malloc(length);
      if (at === 0)
        throw new Defect('TOO_LARGE', `no memory for a block of ${this.path}`, { actual: `${length} bytes` });
      try {
        const steps = count.map(() => 1n);
        const status = module.get_dataset_data(
          fileId,
          this.path,
          count.map(BigInt),
          offset.map(BigInt),
          steps,
          BigInt(at),
        );
        if (status < 0) throw new Error('the library cannot read it');
        return module.HEAPU8.slice(at, at + length);
      } finally {
        module._free(at);
      }
    });
  }

  private admittedRows(): number {
    if (this.rows > MAX_ROWS)
      throw new Defect('TOO_LARGE', `${this.path} has too many rows for one episode`, {
        expected: `at most ${MAX_ROWS}`,
        actual: `${this.rows}`,
      });
    return this.rows;
  }

  private checkFilters(): void {
    // Only chunks are filtered.
    if (this.areFiltersChecked || this.chunks === null) return;
    const chunkBytes = this.chunks.reduce((product, length) => product * length, this.valueBytes);
    if (chunkBytes > MAX_CHUNK_BYTES)
      throw new Defect('TOO_LARGE', `the chunks of ${this.path} are too large: write it with one chunk per frame`, {
        expected: `at most ${MAX_CHUNK_BYTES} bytes`,
        actual: `${chunkBytes} bytes`,
      });
    const filters = this.file.run(this.path, (module, fileId) => module.get_dataset_filters(fileId, this.path));
    const unknown = filters.find((filter) => !KNOWN_FILTERS.has(filter.id));
    if (unknown)
      throw new Defect(
        'CODEC_UNSUPPORTED',
        `${this.path} is compressed by ${FILTER_NAMES[unknown.id] ?? (unknown.name || `filter ${unknown.id}`)}, which is not read: write it with gzip or without compression`,
      );
    this.areFiltersChecked = true;
  }

  private undecodable(): Defect {
    return new Defect('CODEC_UNSUPPORTED', `${this.path} holds values of a kind that is not read here`, {
      actual: `${this.dtype ?? 'compound, reference or opaque'} (${this.shape.join(', ')})`,
    });
  }
}

function dtypeOf(metadata: Metadata, module: Hdf5Module): string | null {
  const { type, size, signed, vlen, enum_type: enumeration } = metadata;
  const classes = module.H5T_class_t;
  const isWidth = size === 1 || size === 2 || size === 4 || size === 8;
  if (type === classes.H5T_STRING.value) return vlen ? 'string' : 'bytes';
  if (type === classes.H5T_FLOAT.value) return size === 4 || size === 8 ? `float${size * 8}` : null;
  if (type === classes.H5T_ENUM.value && size === 1 && enumeration) {
    const names = Object.keys(enumeration.members).map((name) => name.toUpperCase());
    if (names.every((name) => name === 'TRUE' || name === 'FALSE')) return 'bool';
  }
  if ((type === classes.H5T_INTEGER.value || type === classes.H5T_ENUM.value) && isWidth)
    return `${signed ? '' : 'u'}int${size * 8}`;
  return null;
}

function toNumberRows(bytes: Uint8Array<ArrayBuffer>, dtype: string): NumberRows {
  const { buffer } = bytes;
  switch (dtype) {
    case 'float32':
      return new Float32Array(buffer);
    case 'float64':
      return new Float64Array(buffer);
    case 'int8':
      return Float64Array.from(new Int8Array(buffer));
    case 'int16':
      return Float64Array.from(new Int16Array(buffer));
    case 'uint16':
      return Float64Array.from(new Uint16Array(buffer));
    case 'int32':
      return Float64Array.from(new Int32Array(buffer));
    case 'uint32':
      return Float64Array.from(new Uint32Array(buffer));
    case 'int64':
      return Float64Array.from(new BigInt64Array(buffer), Number);
    case 'uint64':
      return Float64Array.from(new BigUint64Array(buffer), Number);
    default:
      return Float64Array.from(bytes);
  }
}
