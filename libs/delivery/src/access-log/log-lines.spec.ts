import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_LINE_BYTES } from './access-log.rules.js';
import { linesOf } from './log-lines.js';

async function collect(chunks: readonly Buffer[]): Promise<(string | null)[]> {
  const lines: (string | null)[] = [];
  for await (const line of linesOf(
    (async function* () {
      yield* chunks;
    })(),
  ))
    lines.push(line);
  return lines;
}

describe('linesOf', () => {
  it('gives the same lines however the bytes are cut into chunks', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
        fc.array(fc.nat({ max: 40 })),
        async (texts, cuts) => {
          const lines = texts.map((text) => text.replaceAll(/[\r\n]/g, '.'));
          const bytes = Buffer.from(lines.join('\n'));
          const chunks: Buffer[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(bytes.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(bytes.subarray(at));

          expect(await collect(chunks)).toEqual(lines);
        },
      ),
    );
  });

  it('names an endless line as null and goes on behind it', async () => {
    const endless = Array.from({ length: 5 }, () => Buffer.alloc(MAX_LINE_BYTES, 'x'));

    expect(await collect([Buffer.from('a\n'), ...endless, Buffer.from('\nb\n\n')])).toEqual(['a', null, 'b']);
  });
});
