import { Defect } from '../defect.js';
import { varint } from './sqlite-varint.js';

/** Tables of bags have under ten columns. */
const MAX_COLUMNS = 100;

/** The columns of one row. A column that the bytes do not reach is asked of the whole record instead. */
export class SqliteRecord {
  private readonly columns: { type: number; at: number }[] = [];

  constructor(
    private readonly bytes: Uint8Array,
    private readonly encoding: number,
  ) {
    const [header, first] = varint(bytes, 0);
    if (header > BigInt(bytes.byteLength)) throw new Defect('BAD_BAG', 'the head of a row is cut off');
    let at = Number(header);
    for (let next = first; next < Number(header);) {
      const [type, after] = varint(bytes, next);
      if (type > 0xffff_ffffn || this.columns.length >= MAX_COLUMNS)
        throw new Defect('BAD_BAG', 'a row has columns that no bag has');
      this.columns.push({ type: Number(type), at });
      at += sizeOf(Number(type));
      next = after;
    }
  }

  /** Null where the column is null, is no integer, or is absent. */
  integer(column: number): bigint | null {
    const found = this.columns[column];
    if (!found || found.type === 0 || found.type === 7 || found.type > 9) return null;
    if (found.type >= 8) return BigInt(found.type - 8);
    const bytes = this.slice(column);
    return BigInt.asIntN(
      bytes.byteLength * 8,
      bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
    );
  }

  text(column: number): string | null {
    const found = this.columns[column];
    if (!found || found.type < 13 || found.type % 2 === 0) return null;
    const bytes = Buffer.from(this.slice(column));
    if (this.encoding === 1) return bytes.toString('utf8');
    return (this.encoding === 3 && bytes.byteLength % 2 === 0 ? bytes.swap16() : bytes).toString('utf16le');
  }

  /** Blobs, and texts as they are stored. A view. */
  blob(column: number): Uint8Array | null {
    const found = this.columns[column];
    return found && found.type >= 12 ? this.slice(column) : null;
  }

  private slice(column: number): Uint8Array {
    const found = this.columns[column];
    if (!found) return new Uint8Array(0);
    const end = found.at + sizeOf(found.type);
    if (end > this.bytes.byteLength) throw new Defect('BAD_BAG', 'a row is shorter than its columns');
    return this.bytes.subarray(found.at, end);
  }
}

function sizeOf(type: number): number {
  if (type >= 12) return Math.floor((type - 12) / 2);
  return [0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0][type] ?? 0;
}
