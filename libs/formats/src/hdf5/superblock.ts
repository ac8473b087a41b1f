import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';

const SIGNATURE = Buffer.from([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Bytes of the longest superblock, version 1 with 8-byte addresses. */
const SUPERBLOCK_BYTES = 100;
/** A user block of a gigabyte is not one. */
const MAX_USER_BLOCK_BYTES = 2 ** 30;

/**
 * Where the superblock starts: at 0, or behind a user block at 512, 1024, 2048, ...; null if this is not HDF5.
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html section II.A
 */
export async function findSuperblock(source: ByteSource): Promise<number | null> {
  for (
    let at = 0;
    at + SIGNATURE.length <= source.sizeBytes && at <= MAX_USER_BLOCK_BYTES;
    at = at === 0 ? 512 : at * 2
  ) {
    if (SIGNATURE.equals(await source.read(at, SIGNATURE.length))) return at;
  }
  return null;
}

/**
 * Checks what the library explains badly: that this is HDF5 at all, and that the file is as long as it was when it was
 * written.
 */
export async function checkSuperblock(source: ByteSource): Promise<void> {
  const at = await findSuperblock(source);
  if (at === null) throw notHdf5(await head(source));
  const bytes = await readRange(source, at, Math.min(SUPERBLOCK_BYTES, source.sizeBytes - at), 'the superblock');
  const endOfFile = storedEndOfFile(bytes);
  if (endOfFile === null)
    throw new Defect('BAD_HDF5', 'the superblock is damaged or of an unknown version: export the file again', {
      actual: `version ${bytes[8] ?? 'missing'}`,
    });
  if (endOfFile > source.sizeBytes)
    throw new Defect(
      'TRUNCATED_FILE',
      `the file was cut: eof=${source.sizeBytes}, stored eof=${endOfFile}; upload it again from where it was recorded`,
      { expected: `${endOfFile} bytes`, actual: `${source.sizeBytes} bytes` },
    );
}

/** The length that the file had when it was closed; null if the superblock cannot be read. */
function storedEndOfFile(bytes: Uint8Array): number | null {
  const version = bytes[8] ?? 255;
  if (version > 3) return null;
  const addressBytes = bytes[version < 2 ? 13 : 9];
  // Lengths of 4 bytes are allowed, and nobody writes them; the walk of the heap relies on 8.
  if ((addressBytes !== 4 && addressBytes !== 8) || bytes[version < 2 ? 14 : 10] !== 8) return null;
  const addressesAt = version === 0 ? 24 : version === 1 ? 28 : 12;
  const at = addressesAt + 2 * addressBytes;
  if (at + addressBytes > bytes.byteLength) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = addressBytes === 4 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true));
  return Number.isSafeInteger(end) ? end : null;
}

function notHdf5(head: string): Defect {
  if (/^\s*<(!doctype|html|\?xml)/i.test(head))
    return new Defect('BAD_MAGIC', 'this is a web page saved under the name of a recording: download the file again', {
      expected: 'an HDF5 file',
      actual: head.slice(0, 60),
    });
  return new Defect('BAD_MAGIC', 'this is not an HDF5 file: the signature is missing', {
    expected: '89 48 44 46 0d 0a 1a 0a at 0, 512, 1024, ...',
    actual: head === '' ? 'an empty file' : Buffer.from(head.slice(0, 8), 'latin1').toString('hex'),
  });
}

async function head(source: ByteSource): Promise<string> {
  const length = Math.min(64, source.sizeBytes);
  return length === 0 ? '' : Buffer.from(await source.read(0, length)).toString('latin1');
}
