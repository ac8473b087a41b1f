import { createHash } from 'node:crypto';
import { PassThrough, Readable } from 'node:stream';
import { canonicalJson } from '@app/kernel';
import { ZipFile } from 'yazl';

/** One file of a bundle: its name, and its text as it comes. */
export interface BundlePart {
  readonly name: string;
  readonly text: AsyncIterable<string>;
}

interface WrittenPart {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** What a bundle says of itself; the parts are added when they are written. */
export interface BundleFacts {
  readonly [fact: string]: unknown;
}

export const MANIFEST = 'manifest.json';
export const SIGNATURE = 'manifest.jws';

/**
 * Writes parts, then the manifest with the hash of each, then the signature over the manifest. One part is read at a time and
 * only as fast as the reader takes it: memory does not grow with the bundle. Every entry carries the bundle's own time.
 */
export function writeBundle(
  parts: readonly BundlePart[],
  facts: BundleFacts,
  madeAt: Date,
  sign: (manifest: Buffer) => Promise<string>,
): Readable {
  const zip = new ZipFile();
  const out = new PassThrough();
  const written: WrittenPart[] = [];
  let manifest = '';
  let open: Readable | null = null;
  const fail = (error: Error): void => void out.destroy(error);
  const add = (name: string, textOf: () => AsyncIterable<string>): void => {
    // Lazily: the text of a part is asked for when those before it are written.
    zip.addReadStreamLazy(name, { mtime: madeAt, mode: 0o100644 }, (give) => {
      open = Readable.from(hashed(name, textOf(), written), { objectMode: false });
      open.on('error', fail);
      give(null, open);
    });
  };
  for (const part of parts) add(part.name, () => part.text);
  add(MANIFEST, async function* () {
    manifest = canonicalJson({ ...facts, parts: written.map((part) => ({ ...part })) });
    yield manifest;
    await Promise.resolve();
  });
  add(SIGNATURE, async function* () {
    yield await sign(Buffer.from(manifest));
  });
  zip.on('error', fail);
  zip.outputStream.pipe(out);
  // A client that leaves must not leave a half-read part behind.
  out.on('close', () => open?.destroy());
  zip.end();
  return out;
}

async function* hashed(name: string, text: AsyncIterable<string>, written: WrittenPart[]): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of text) {
    const buffer = Buffer.from(chunk);
    hash.update(buffer);
    bytes += buffer.length;
    // An empty chunk would end the stream.
    if (buffer.length > 0) yield buffer;
  }
  written.push({ name, bytes, sha256: hash.digest('hex') });
}
