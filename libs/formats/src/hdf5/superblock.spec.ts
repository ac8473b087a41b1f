import { describe, expect, it } from '@jest/globals';
import { checkSuperblock, findSuperblock } from './superblock.js';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** A superblock of a version behind a user block, and a file of so many bytes around it. */
function file(
  version: number,
  storedEnd: bigint,
  sizeBytes: number,
  userBlock = 0,
): { sizeBytes: number; read: (at: number, length: number) => Promise<Uint8Array> } {
  const bytes = Buffer.alloc(sizeBytes);
  Buffer.from(SIGNATURE).copy(bytes, userBlock);
  bytes[userBlock + 8] = version;
  const [widths, addresses] = version < 2 ? [13, version === 0 ? 24 : 28] : [9, 12];
  bytes[userBlock + widths] = 8;
  bytes[userBlock + widths + 1] = 8;
  bytes.writeBigUInt64LE(storedEnd, userBlock + addresses + 16);
  return { sizeBytes, read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)) };
}

describe('the superblock', () => {
  it.each([0, 1, 2, 3])('of version %i tells a whole file from a cut one', async (version) => {
    await expect(checkSuperblock(file(version, 2048n, 2048))).resolves.toBeUndefined();
    await expect(checkSuperblock(file(version, 2049n, 2048))).rejects.toMatchObject({
      code: 'TRUNCATED_FILE',
      detail: { expected: '2049 bytes', actual: '2048 bytes' },
    });
  });

  it('is looked for behind a user block', async () => {
    expect(await findSuperblock(file(0, 4096n, 4096, 1024))).toBe(1024);
    expect(await findSuperblock(file(0, 4096n, 4096, 1000))).toBeNull();
  });

  it('of an unknown version, or with an end that no file has, is damaged', async () => {
    await expect(checkSuperblock(file(9, 2048n, 2048))).rejects.toMatchObject({ code: 'BAD_HDF5' });
    await expect(checkSuperblock(file(2, 2n ** 63n, 2048))).rejects.toMatchObject({ code: 'BAD_HDF5' });
  });
});
