import { open, stat } from 'node:fs/promises';
import type { ByteSource } from '@app/formats';

/** A file of our own scratch folder. Opened for each read: hundreds of them may wait for one output file. */
export async function localSource(path: string): Promise<ByteSource> {
  const { size } = await stat(path);
  return {
    sizeBytes: size,
    read: async (offset, length) => {
      const handle = await open(path, 'r');
      try {
        const bytes = Buffer.allocUnsafe(Math.max(0, Math.min(length, size - offset)));
        let done = 0;
        while (done < bytes.byteLength) {
          const { bytesRead } = await handle.read(bytes, done, bytes.byteLength - done, offset + done);
          if (bytesRead === 0) break;
          done += bytesRead;
        }
        return bytes.subarray(0, done);
      } finally {
        await handle.close();
      }
    },
  };
}
