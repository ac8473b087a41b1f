import { describe, expect, it } from '@jest/globals';
import type { ByteSource } from '@app/formats';
import { readMp4Samples } from '@app/formats';
import fc from 'fast-check';
import { writeMp4 } from '../../../../test/conformance/lerobot/mp4-writer.js';
import type { Mp4Plan } from '../../../../test/conformance/lerobot/mp4-writer.js';
import type { Piece } from './remux.js';
import { isSameKind, mp4Of, pieceOf } from './remux.js';

function sourceOf(bytes: Uint8Array): ByteSource {
  return { sizeBytes: bytes.byteLength, read: (at, length) => Promise.resolve(bytes.slice(at, at + length)) };
}

const plan: Mp4Plan = {
  width: 32,
  height: 24,
  fourcc: 'av01',
  timescale: 15_360,
  ticks: Array.from({ length: 20 }, (_, i) => i * 512 + (i % 3)),
  keyEvery: 4,
  seed: 1,
  editStart: null,
};

async function opened(changes: Partial<Mp4Plan> = {}) {
  const bytes = writeMp4({ ...plan, ...changes });
  const source = sourceOf(bytes);
  return { bytes, samples: await readMp4Samples(source), open: () => Promise.resolve(source) };
}

async function muxed(kind: Parameters<typeof mp4Of>[0], fps: { num: number; den: number }, pieces: Piece[]) {
  const parts: Uint8Array[] = [];
  for await (const part of mp4Of(kind, fps, pieces)) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

const packetsOf = ({ samples, bytes }: { samples: Awaited<ReturnType<typeof readMp4Samples>>; bytes: Uint8Array }) =>
  Array.from(samples.sizes, (size, i) =>
    Buffer.from(bytes.slice(samples.offsets[i] ?? 0, (samples.offsets[i] ?? 0) + size)).toString('hex'),
  );

describe('the re-muxer', () => {
  it('copies any spans that start at key frames, packet by packet, every frame at exactly k/fps', async () => {
    const a = await opened();
    const b = await opened({ seed: 9, ticks: Array.from({ length: 8 }, (_, i) => i * 512) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 20 })), {
          minLength: 1,
          maxLength: 6,
        }),
        fc.constantFrom({ num: 30, den: 1 }, { num: 30_000, den: 1001 }, { num: 25, den: 2 }),
        async (spans, fps) => {
          const wanted: string[] = [];
          const pieces: Piece[] = [];
          for (const [isFirst, group, length] of spans) {
            const file = isFirst ? a : b;
            const from = (group * 4) % file.samples.frames;
            const to = Math.min(from + length, file.samples.frames);
            const piece = pieceOf(file.samples, file.open, from, to);
            if (piece) pieces.push(piece);
            wanted.push(...packetsOf(file).slice(from, to));
          }
          const bytes = await muxed(a.samples, fps, pieces);
          const samples = await readMp4Samples(sourceOf(bytes));

          expect(packetsOf({ samples, bytes })).toEqual(wanted);
          expect([...samples.ptsS]).toEqual(wanted.map((_, k) => (k * fps.den * 512) / (fps.num * 512)));
          expect(isSameKind(samples, a.samples)).toBe(true);
          expect(samples.isKey(0)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('does not copy a span that starts between key frames', async () => {
    const { samples, open } = await opened();

    expect(pieceOf(samples, open, 1, 5)).toBeNull();
    expect(pieceOf(samples, open, 4, 21)).toBeNull();
    expect(pieceOf(samples, open, 4, 20)?.sizes).toHaveLength(16);
  });

  it('keeps the order of frames that are coded out of order', async () => {
    // Coded I P B B: shown at 0, 3, 1, 2.
    const ticks = [0, 3, 1, 2, 4, 7, 5, 6].map((k) => k * 512);
    const { samples, open, bytes } = await opened({ ticks, keyEvery: 4 });

    const piece = pieceOf(samples, open, 4, 8);
    const out = await muxed(samples, { num: 30, den: 1 }, piece ? [piece] : []);
    const again = await readMp4Samples(sourceOf(out));

    expect([...again.ptsS].map((s) => Math.round(s * 30))).toEqual([0, 3, 1, 2]);
    expect(packetsOf({ samples: again, bytes: out })).toEqual(packetsOf({ samples, bytes }).slice(4));
    expect(pieceOf(samples, open, 0, 2)).toBeNull();
  });

  it('keeps packets of another coding out of a track', async () => {
    const [a, other, larger] = [await opened(), await opened({ fourcc: 'avc1' }), await opened({ width: 64 })];

    expect([isSameKind(a.samples, other.samples), isSameKind(a.samples, larger.samples)]).toEqual([false, false]);
  });
});
