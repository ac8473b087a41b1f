import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import { MAX_BLOCK_BYTES } from '../ros/compression.js';
import { SqliteRecord } from './sqlite-record.js';
import { varint } from './sqlite-varint.js';

const MAGIC = 'SQLite format 3\0';
const HEADER_BYTES = 100;
/** Reads are gathered into blocks of this many bytes, the newest few of which are kept. */
const BLOCK_BYTES = 256 * 1024;
const MAX_BLOCKS = 16;
/** A tree of pages this deep holds more than any file. */
const MAX_DEPTH = 16;
const LEAF = 0x0d;
const INTERIOR = 0x05;

/** One row of a table: its number and its record. */
export interface SqliteRow {
  readonly rowId: bigint;
  /** The columns that lie in the page itself: all but long texts and blobs. */
  readonly head: SqliteRecord;
  /** The whole record. */
  load(): Promise<SqliteRecord>;
}

export interface SqliteTable {
  readonly name: string;
  readonly rootPage: number;
  readonly columns: readonly string[];
}

export function isSqlite(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, MAGIC.length)).toString('latin1') === MAGIC;
}

/**
 * Reads tables of an SQLite file in place, in the order of their row numbers. Our own because the library needs a path
 * and a lock file beside it, reads a table that is a view (which may run for ever), and leaves nothing of a damaged file.
 * @see https://www.sqlite.org/fileformat2.html
 */
export class SqliteFile {
  private readonly blocks = new Map<number, Uint8Array>();
  private readonly pageBytes: number;
  private readonly usableBytes: number;
  private readonly encoding: number;
  /** Pages that the file announces; 0 where that number is not kept. */
  readonly announcedPages: number;

  private constructor(
    private readonly source: ByteSource,
    header: Uint8Array,
  ) {
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const size = view.getUint16(16);
    this.pageBytes = size === 1 ? 65_536 : size;
    this.usableBytes = this.pageBytes - view.getUint8(20);
    if (this.pageBytes < 512 || (this.pageBytes & (this.pageBytes - 1)) !== 0 || this.usableBytes < 480)
      throw new Defect('BAD_BAG', 'the database has a page size that SQLite does not write', { actual: `${size}` });
    this.encoding = view.getUint32(56);
    this.announcedPages = view.getUint32(24) === view.getUint32(92) ? view.getUint32(28) : 0;
  }

  static async open(source: ByteSource): Promise<SqliteFile> {
    const header = await readRange(source, 0, Math.min(HEADER_BYTES, source.sizeBytes), 'the header');
    if (!isSqlite(header)) throw new Defect('BAD_MAGIC', 'the file does not start as an SQLite database');
    if (header.byteLength < HEADER_BYTES) throw new Defect('TRUNCATED_FILE', 'the file ends inside its header');
    return new SqliteFile(source, header);
  }

  /** Bytes that the file announces and does not have. */
  get missingBytes(): number {
    return Math.max(0, this.announcedPages * this.pageBytes - this.source.sizeBytes);
  }

  /** The real tables; views and virtual tables are none. */
  async tables(): Promise<SqliteTable[]> {
    const tables: SqliteTable[] = [];
    for await (const row of this.rows(1, (error) => raise(error))) {
      const record = await row.load();
      const rootPage = record.integer(3);
      if (record.text(0) !== 'table' || rootPage === null || rootPage <= 0n) continue;
      tables.push({ name: record.text(1) ?? '', rootPage: Number(rootPage), columns: columnsOf(record.text(4) ?? '') });
      if (tables.length > 1000) throw new Defect('BAD_BAG', 'the database has more tables than any bag');
    }
    return tables;
  }

  /** Rows of a table. Pages that cannot be read are told and passed by. */
  async *rows(rootPage: number, onDamage: (error: Defect) => void): AsyncGenerator<SqliteRow> {
    const budget = { pages: Math.ceil(this.source.sizeBytes / this.pageBytes) };
    yield* this.walk(rootPage, 0, budget, onDamage);
  }

  private async *walk(
    page: number,
    depth: number,
    budget: { pages: number },
    onDamage: (error: Defect) => void,
  ): AsyncGenerator<SqliteRow> {
    let cells: { offsets: number[]; bytes: Uint8Array; view: DataView; type: number; rightmost: number };
    try {
      if (depth > MAX_DEPTH || (budget.pages -= 1) < 0)
        throw new Defect('BAD_BAG', 'the pages of a table go in circles');
      cells = await this.cellsOf(page);
    } catch (error) {
      onDamage(toDefect(error));
      return;
    }
    for (const offset of cells.offsets) {
      if (cells.type === INTERIOR) {
        const child = offset + 4 <= this.usableBytes ? cells.view.getUint32(offset) : 0;
        yield* this.walk(child, depth + 1, budget, onDamage);
        continue;
      }
      let row: SqliteRow;
      try {
        row = this.rowAt(cells.bytes, offset);
      } catch (error) {
        onDamage(toDefect(error));
        continue;
      }
      yield row;
    }
    if (cells.type === INTERIOR) yield* this.walk(cells.rightmost, depth + 1, budget, onDamage);
  }

  private async cellsOf(page: number) {
    const bytes = await this.page(page);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const start = page === 1 ? HEADER_BYTES : 0;
    const type = view.getUint8(start);
    if (type !== LEAF && type !== INTERIOR)
      throw new Defect('BAD_BAG', 'a page of a table is none', { actual: `page ${page}` });
    const count = view.getUint16(start + 3);
    const list = start + (type === INTERIOR ? 12 : 8);
    if (list + 2 * count > this.usableBytes)
      throw new Defect('BAD_BAG', 'a page announces more rows than fit into it', { actual: `page ${page}` });
    const offsets = Array.from({ length: count }, (_, i) => view.getUint16(list + 2 * i));
    return { offsets, bytes, view, type, rightmost: type === INTERIOR ? view.getUint32(start + 8) : 0 };
  }

  /** A leaf cell: length, row number, and as much of the record as lies in the page. */
  private rowAt(page: Uint8Array, offset: number): SqliteRow {
    const cell = page.subarray(0, this.usableBytes);
    const [length, afterLength] = varint(cell, offset);
    const [rowId, at] = varint(cell, afterLength);
    if (length > BigInt(MAX_BLOCK_BYTES))
      throw new Defect('TOO_LARGE', 'a message is longer than what is read at once', {
        expected: `at most ${MAX_BLOCK_BYTES} bytes`,
        actual: `${length} bytes`,
      });
    const total = Number(length);
    const local = this.localBytes(total);
    if (at + local > cell.byteLength) throw new Defect('BAD_BAG', 'a row reaches out of its page');
    const inPage = cell.subarray(at, at + local);
    const next = local < total ? new DataView(page.buffer, page.byteOffset).getUint32(at + local) : 0;
    const head = new SqliteRecord(inPage, this.encoding);
    return {
      rowId,
      head,
      load: async () =>
        local === total ? head : new SqliteRecord(await this.withOverflow(inPage, total, next), this.encoding),
    };
  }

  private localBytes(total: number): number {
    const usable = this.usableBytes;
    if (total <= usable - 35) return total;
    const least = Math.floor(((usable - 12) * 32) / 255) - 23;
    const rest = least + ((total - least) % (usable - 4));
    return rest <= usable - 35 ? rest : least;
  }

  private async withOverflow(inPage: Uint8Array, total: number, firstPage: number): Promise<Uint8Array> {
    if (total > this.source.sizeBytes) throw new Defect('TRUNCATED_FILE', 'a message is longer than its file');
    const out = new Uint8Array(total);
    out.set(inPage);
    let end = inPage.byteLength;
    for (let page = firstPage; end < total;) {
      const bytes = await this.page(page);
      page = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
      const part = bytes.subarray(4, Math.min(this.usableBytes, 4 + total - end));
      out.set(part, end);
      end += part.byteLength;
    }
    return out;
  }

  private async page(number: number): Promise<Uint8Array> {
    const offset = (number - 1) * this.pageBytes;
    if (number < 1 || offset + this.pageBytes > this.source.sizeBytes)
      throw new Defect('TRUNCATED_FILE', 'the database refers to a page that the file does not have', {
        expected: `page ${number}`,
        actual: `${this.source.sizeBytes} bytes`,
      });
    const index = Math.floor(offset / BLOCK_BYTES);
    let block = this.blocks.get(index);
    if (!block) {
      const start = index * BLOCK_BYTES;
      block = await readRange(this.source, start, Math.min(BLOCK_BYTES, this.source.sizeBytes - start), 'a page');
      this.blocks.set(index, block);
      const [oldest] = this.blocks.keys();
      if (this.blocks.size > MAX_BLOCKS && oldest !== undefined) this.blocks.delete(oldest);
    }
    const at = offset - index * BLOCK_BYTES;
    return block.subarray(at, at + this.pageBytes);
  }
}

/** Names of the columns of a `CREATE TABLE` statement. */
function columnsOf(sql: string): string[] {
  const body = sql.slice(sql.indexOf('(') + 1, sql.lastIndexOf(')'));
  return body.split(',').map((column) => (/^\s*["'`[]?(\w+)/.exec(column)?.[1] ?? '').toLowerCase());
}

function toDefect(error: unknown): Defect {
  if (error instanceof Defect) return error;
  throw error;
}

function raise(error: Defect): never {
  throw error;
}
