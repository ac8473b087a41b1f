import { MAX_LINE_BYTES } from './access-log.rules.js';

const NEWLINE = 0x0a;

/** The lines of a log object as they arrive; a line beyond {@link MAX_LINE_BYTES} comes as null, without being held. */
export async function* linesOf(chunks: AsyncIterable<unknown>): AsyncGenerator<string | null> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const take = (piece: Buffer): void => {
    heldBytes += piece.length;
    if (heldBytes <= MAX_LINE_BYTES) held.push(piece);
    else held = [];
  };
  const close = (): string | null | undefined => {
    const line = heldBytes > MAX_LINE_BYTES ? null : Buffer.concat(held).toString('utf8').replace(/\r$/, '');
    held = [];
    heldBytes = 0;
    return line === '' ? undefined : line;
  };
  for await (const chunk of chunks) {
    const bytes = chunk as Buffer;
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      take(bytes.subarray(start, end));
      const line = close();
      if (line !== undefined) yield line;
      start = end + 1;
    }
    take(bytes.subarray(start));
  }
  const last = close();
  if (last !== undefined) yield last;
}
