import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import { crc32c, maskedCrc32c } from './crc32c.js';

/** Length, its checksum. */
const HEADER_BYTES = 12;
/** Checksum of the payload. */
const TRAILER_BYTES = 4;
/** What a record costs beside its payload. */
export const FRAMING_BYTES = HEADER_BYTES + TRAILER_BYTES;
/** One record is one episode and is held in memory while it is read; the largest in Open X-Embodiment are near 100 MB. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;
/** What is asked of a source at once. */
const BLOCK_BYTES = 8 * 1024 * 1024;
const GROWTH_BYTES = 1024 * 1024;

/** Where a record's payload is in its shard. */
export interface RecordPlace {
  /** Number of the record in its shard, from 0. */
  readonly number: number;
  readonly offset: number;
  readonly lengthBytes: number;
}

/**
 * The records of a shard, by their headers alone.
 * @throws Defect where the framing breaks: what follows in the shard cannot be found any more.
 * @see https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export async function* recordsOf(source: ByteSource): AsyncGenerator<RecordPlace> {
  let at = 0;
  for (let number = 0; at < source.sizeBytes; number += 1) {
    if (at + HEADER_BYTES > source.sizeBytes)
      throw new Defect('TRUNCATED_FILE', `the shard ends inside the header of record ${number}: upload it again`, {
        expected: `${HEADER_BYTES} bytes at offset ${at}`,
        actual: `${source.sizeBytes - at} bytes`,
      });
    const header = await readRange(source, at, HEADER_BYTES, `the header of record ${number}`);
    const lengthBytes = lengthIn(header, at, number);
    if (at + FRAMING_BYTES + lengthBytes > source.sizeBytes)
      throw new Defect('TRUNCATED_FILE', `the shard ends inside record ${number}: upload it again`, {
        expected: `${lengthBytes + FRAMING_BYTES} bytes at offset ${at}`,
        actual: `${source.sizeBytes - at} bytes`,
      });
    yield { number, offset: at + HEADER_BYTES, lengthBytes };
    at += FRAMING_BYTES + lengthBytes;
  }
}

function lengthIn(header: Uint8Array, at: number, number: number): number {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (maskedCrc32c(crc32c(header.subarray(0, 8))) !== view.getUint32(8, true)) {
    if (at === 0 && view.getUint16(0) === 0x1f8b)
      throw new Defect(
        'UNSUPPORTED_FORMAT',
        'the TFRecord file is compressed as a whole: write it without compression',
      );
    throw new Defect('CRC_MISMATCH', `the length of record ${number} at offset ${at} does not match its checksum`);
  }
  // Beyond 2^53 the file would be larger than any file is; any such number is refused as cut short.
  return view.getUint32(4, true) * 2 ** 32 + view.getUint32(0, true);
}

/**
 * The payload of one record at a time. One buffer serves all records, so that a walk over large ones
 * does not leave each of them to the garbage collector: what must outlive the next `load` is copied.
 */
export class RecordBuffer {
  private buffer = new Uint8Array(GROWTH_BYTES);
  private held: { source: ByteSource; place: RecordPlace } | null = null;

  /** @throws Defect if the record is too large or its checksum is wrong. */
  async load(source: ByteSource, place: RecordPlace): Promise<Uint8Array> {
    const { number, offset, lengthBytes } = place;
    const isHeld = this.held?.source === source && this.held.place.offset === offset;
    if (!isHeld) {
      if (lengthBytes > MAX_RECORD_BYTES)
        throw new Defect('TOO_LARGE', `record ${number} is too large to read: split its episode`, {
          expected: `at most ${MAX_RECORD_BYTES} bytes`,
          actual: `${lengthBytes} bytes`,
        });
      this.held = null;
      await this.fill(source, place);
      this.held = { source, place };
    }
    return this.buffer.subarray(0, lengthBytes);
  }

  private async fill(source: ByteSource, { number, offset, lengthBytes }: RecordPlace): Promise<void> {
    const neededBytes = lengthBytes + TRAILER_BYTES;
    if (neededBytes > this.buffer.byteLength) {
      this.buffer = new Uint8Array(0);
      this.buffer = new Uint8Array(Math.ceil(neededBytes / GROWTH_BYTES) * GROWTH_BYTES);
    }
    for (let done = 0; done < neededBytes; done += BLOCK_BYTES) {
      const block = Math.min(BLOCK_BYTES, neededBytes - done);
      this.buffer.set(await readRange(source, offset + done, block, `record ${number}`), done);
    }
    const stored = new DataView(this.buffer.buffer).getUint32(lengthBytes, true);
    if (maskedCrc32c(crc32c(this.buffer.subarray(0, lengthBytes))) !== stored)
      throw new Defect(
        'CRC_MISMATCH',
        `record ${number} at offset ${offset} does not match its checksum: its bytes changed after they were written`,
      );
  }
}
