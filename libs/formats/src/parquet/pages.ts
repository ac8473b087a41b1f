import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect, decoding } from '../defect.js';
import { decompress } from './compression.js';
import { HybridReader } from './hybrid.js';
import type { Chunk, Leaf } from './metadata.js';
import { ThriftReader, WIRE } from './thrift.js';

/** Writers aim at 1 MB; a page of embedded images may reach tens of MB. Two such buffers must fit the memory promise. */
export const MAX_PAGE_BYTES = 96 * 2 ** 20;
const MAX_HEADER_BYTES = 1 << 20;
const WINDOW_BYTES = 1 << 20;

/** Encodings by their number in the format. */
export const ENCODING = {
  plain: 0,
  plainDictionary: 2,
  rle: 3,
  deltaBinary: 5,
  deltaLength: 6,
  deltaByteArray: 7,
  rleDictionary: 8,
  byteStreamSplit: 9,
} as const;

/** Bytes of a file that are already in memory. */
export interface Region {
  readonly start: number;
  readonly bytes: Uint8Array;
}

/** A data page with its levels opened and its values still encoded. */
export interface DataPage {
  readonly kind: 'data';
  readonly numValues: number;
  readonly encoding: number;
  readonly rep: HybridReader | null;
  readonly def: HybridReader | null;
  /** The encoded values. */
  readonly bytes: Uint8Array;
}

/** A dictionary page: plain values that data pages refer to. */
export interface DictionaryPage {
  readonly kind: 'dictionary';
  readonly numValues: number;
  readonly bytes: Uint8Array;
}

/** A data page that was passed over without being decompressed. */
export interface SkippedPage {
  readonly kind: 'skipped';
  readonly numValues: number;
}

/** Walks the pages of one column chunk, reading a window at a time (or from a region that is there already). */
export class PageWalk {
  private at: number;
  private window: Region;

  constructor(
    private readonly source: ByteSource,
    private readonly chunk: Chunk,
    private readonly leaf: Leaf,
    region: Region | null,
  ) {
    this.at = chunk.start;
    this.window = region ?? { start: chunk.start, bytes: new Uint8Array(0) };
  }

  /** The next page. A data page of at most `skippable` values is passed over: its bytes are not even read. */
  async next(skippable = 0): Promise<DataPage | DictionaryPage | SkippedPage | null> {
    for (;;) {
      if (this.at >= this.chunk.end) return null;
      const header = await this.header();
      if ((header.type === 0 || header.type === 3) && header.numValues > 0 && header.numValues <= skippable) {
        this.at += header.compressedBytes;
        return { kind: 'skipped', numValues: header.numValues };
      }
      const body = await this.bytes(this.at, header.compressedBytes);
      this.at += header.compressedBytes;
      if (header.type === 1) continue; // index pages were never defined
      return decoding('BAD_PARQUET', `a page of column ${this.leaf.path.join('.')}`, () =>
        openPage(header, body, this.chunk, this.leaf),
      );
    }
  }

  private async header(): Promise<PageHeader> {
    for (let want = 256; ; want *= 8) {
      const length = Math.min(want, this.chunk.end - this.at);
      const view = await this.bytes(this.at, length);
      const reader = new ThriftReader(view);
      try {
        const header = readPageHeader(reader);
        this.at += reader.at;
        checkHeader(header, this.chunk.end - this.at, this.leaf);
        return header;
      } catch (error) {
        // Statistics can make a header long; only a header that still fails with all bytes at hand is bad.
        if (!(reader.ranOut && length === want && want < MAX_HEADER_BYTES)) throw error;
      }
    }
  }

  private async bytes(offset: number, length: number): Promise<Uint8Array> {
    const from = offset - this.window.start;
    if (from >= 0 && from + length <= this.window.bytes.byteLength)
      return this.window.bytes.subarray(from, from + length);
    const size = Math.min(Math.max(length, WINDOW_BYTES), this.chunk.end - offset);
    if (length > size)
      throw new Defect('BAD_PARQUET', `a page of column ${this.leaf.path.join('.')} reaches behind its chunk`);
    this.window = { start: offset, bytes: await readRange(this.source, offset, size, 'a column chunk') };
    return this.window.bytes.subarray(0, length);
  }
}

interface PageHeader {
  type: number;
  bytes: number;
  compressedBytes: number;
  numValues: number;
  encoding: number;
  defBytes: number;
  repBytes: number;
  isCompressed: boolean;
}

function readPageHeader(reader: ThriftReader): PageHeader {
  const header: PageHeader = {
    type: -1,
    bytes: -1,
    compressedBytes: -1,
    numValues: -1,
    encoding: -1,
    defBytes: 0,
    repBytes: 0,
    isCompressed: true,
  };
  reader.struct((id) => {
    if (id === 1) header.type = reader.int();
    else if (id === 2) header.bytes = reader.int();
    else if (id === 3) header.compressedBytes = reader.int();
    else if (id === 5 || id === 7) {
      reader.struct((inner) => {
        if (inner === 1) header.numValues = reader.int();
        else if (inner === 2) header.encoding = reader.int();
        else return false;
        return true;
      });
    } else if (id === 8) {
      reader.struct((inner, type) => {
        if (inner === 1) header.numValues = reader.int();
        else if (inner === 4) header.encoding = reader.int();
        else if (inner === 5) header.defBytes = reader.int();
        else if (inner === 6) header.repBytes = reader.int();
        else if (inner === 7) {
          header.isCompressed = type !== WIRE.no;
          return false;
        } else return false;
        return true;
      });
    } else return false;
    return true;
  });
  return header;
}

function checkHeader(header: PageHeader, bytesLeft: number, leaf: Leaf): void {
  const name = leaf.path.join('.');
  if (header.type < 0 || header.type > 3)
    throw new Defect('BAD_PARQUET', `a page of column ${name} has an unknown type`);
  if (header.compressedBytes < 0 || header.compressedBytes > bytesLeft)
    throw new Defect('BAD_PARQUET', `a page of column ${name} reaches behind its chunk`);
  if (header.bytes < 0) throw new Defect('BAD_PARQUET', `a page of column ${name} has no size`);
  if (header.type !== 1 && header.numValues < 0)
    throw new Defect('BAD_PARQUET', `a page of column ${name} has no value count`);
  if (header.bytes > MAX_PAGE_BYTES || header.compressedBytes > MAX_PAGE_BYTES) {
    throw new Defect('PARQUET_UNSUPPORTED', `a page of column ${name} is too large`, {
      actual: `${header.bytes} bytes`,
      expected: `at most ${MAX_PAGE_BYTES} bytes`,
    });
  }
}

function openPage(header: PageHeader, body: Uint8Array, chunk: Chunk, leaf: Leaf): DataPage | DictionaryPage {
  if (header.type === 2)
    return { kind: 'dictionary', numValues: header.numValues, bytes: decompress(chunk.codec, body, header.bytes) };
  const repWidth = bitWidth(leaf.maxRep);
  const defWidth = bitWidth(leaf.maxDef);
  if (header.type === 3) {
    const levelBytes = header.repBytes + header.defBytes;
    if (header.repBytes < 0 || header.defBytes < 0 || levelBytes > body.byteLength)
      throw new Defect('BAD_PARQUET', 'levels reach behind their page');
    const rep = repWidth ? new HybridReader(body, 0, header.repBytes, repWidth) : null;
    const def = defWidth ? new HybridReader(body, header.repBytes, levelBytes, defWidth) : null;
    const values = body.subarray(levelBytes);
    const bytes = header.isCompressed ? decompress(chunk.codec, values, header.bytes - levelBytes) : values;
    return { kind: 'data', numValues: header.numValues, encoding: header.encoding, rep, def, bytes };
  }
  const page = decompress(chunk.codec, body, header.bytes);
  const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
  let at = 0;
  const levels = (width: number): HybridReader | null => {
    if (width === 0) return null;
    const length = view.getUint32(at, true);
    const reader = new HybridReader(page, at + 4, at + 4 + length, width);
    at += 4 + length;
    return reader;
  };
  const rep = levels(repWidth);
  const def = levels(defWidth);
  return { kind: 'data', numValues: header.numValues, encoding: header.encoding, rep, def, bytes: page.subarray(at) };
}

function bitWidth(max: number): number {
  return 32 - Math.clz32(max);
}
