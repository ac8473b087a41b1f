import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { systemContext } from '@app/kernel';
import fc from 'fast-check';
import { SignedLog } from '../../support/signed-log.js';
import {
  checkpointOf,
  hashOfLeaf,
  provesConsistency,
  provesInclusion,
  provesOffline,
  treeHash,
} from './independent-log.js';

jest.setTimeout(180_000);

const ctx = systemContext('test');
const SIZE = 1_300;
/** Notes by the size that they were signed for. */
const notes = new Map<number, string>();

let log: SignedLog;
let leaves: Buffer[];
let hashes: Buffer[];

beforeAll(async () => {
  log = await SignedLog.open();
  let size = 0;
  for (const next of [1, 2, 3, 255, 256, 257, 512, 700, 1_024, SIZE]) {
    await log.act(next - size, size);
    await log.publish();
    // The first checkpoint brings a leaf of its own, about the key.
    await log.sequence();
    size = (await log.leaves()).length;
    await log.publish();
    notes.set(size, await log.note());
  }
  leaves = await log.leaves();
  hashes = leaves.map(hashOfLeaf);
});

afterAll(() => log.close());

const rootOf = (size: number): Buffer => treeHash(hashes.slice(0, size));

describe('checkpoints', () => {
  it('are opened by the other verifier, and name the root of the definition', () => {
    expect(notes.size).toBeGreaterThan(8);
    for (const [size, note] of notes) {
      expect(checkpointOf(Buffer.from(note), log.vkey)).toMatchObject({ size, root: rootOf(size) });
    }
  });
});

describe('proofs', () => {
  const size = fc.integer({ min: 1, max: SIZE });

  it('of inclusion verify by the other verifier, for any leaf in a tree of any size', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), async (treeSize, n) => {
        const seq = n % treeSize;

        const proof = await log.proofs.inclusionProof(ctx, { seq, treeSize });

        expect(proof.leafHash).toEqual(hashes[seq]);
        expect(proof.rootHash).toEqual(rootOf(treeSize));
        expect(provesInclusion(hashOfLeaf(leaves[seq] as Buffer), seq, treeSize, proof.hashes, rootOf(treeSize))).toBe(
          true,
        );
      }),
      { numRuns: 200 },
    );
  });

  it('of consistency verify by the other verifier, between any two sizes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE), fc.nat(SIZE), async (one, other) => {
        const [fromSize, toSize] = [Math.min(one, other), Math.max(one, other, 1)];

        const proof = await log.proofs.consistencyProof(ctx, { fromSize, toSize });

        expect([proof.fromRootHash, proof.toRootHash]).toEqual([rootOf(fromSize), rootOf(toSize)]);
        expect(provesConsistency(fromSize, toSize, rootOf(fromSize), rootOf(toSize), proof.hashes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('fail when any bit of a hash, the index or a size is another', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.nat(255), async (treeSize, n, bit) => {
        const seq = n % treeSize;
        const { hashes: path } = await log.proofs.inclusionProof(ctx, { seq, treeSize });
        const leaf = hashes[seq] as Buffer;
        const flip = (hash: Buffer): Buffer => {
          const flipped = Buffer.from(hash);
          flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
          return flipped;
        };
        const proves = (leaf: Buffer, seq: number, path: readonly Buffer[]): boolean =>
          provesInclusion(leaf, seq, treeSize, path, rootOf(treeSize));

        expect(proves(flip(leaf), seq, path)).toBe(false);
        for (let i = 0; i < path.length; i++) {
          expect(
            proves(
              leaf,
              seq,
              path.map((hash, at) => (at === i ? flip(hash) : hash)),
            ),
          ).toBe(false);
        }
        if (path.length > 0) expect(proves(leaf, seq ^ 1, path)).toBe(false);
      }),
      { numRuns: 60 },
    );
  });

  it('come as files that the other verifier accepts for that leaf alone', async () => {
    const seqs = [0, 1, 255, 256, 257, 1_023, SIZE - 1];
    const signed = await log.proofs.signedCheckpoint(ctx);
    const files = await log.proofs.tlogProofs(ctx, [...seqs, leaves.length], signed);
    for (const [i, seq] of seqs.entries()) {
      const file = files[i];
      const { tlogProof } = await log.proofs.inclusionProof(ctx, { seq });

      expect(tlogProof).toBe(file);
      expect(provesOffline(Buffer.from(file ?? ''), leaves[seq] as Buffer, log.vkey)).toBe(true);
      expect(provesOffline(Buffer.from(file ?? ''), leaves[seq === 0 ? 1 : seq - 1] as Buffer, log.vkey)).toBe(false);
    }
    expect(files.at(-1)).toBeNull();
    expect(await log.proofs.tlogProofs(ctx, seqs, null)).toEqual(seqs.map(() => null));
  });

  it('are refused beyond what is signed, and for what is no size', async () => {
    await log.act(3, 5_000);

    const beyond = { code: 'AUDIT_BEYOND_SIGNED' };
    const size = leaves.length;
    await expect(log.proofs.inclusionProof(ctx, { seq: size })).rejects.toMatchObject(beyond);
    await expect(log.proofs.inclusionProof(ctx, { seq: 0, treeSize: size + 1 })).rejects.toMatchObject(beyond);
    await expect(log.proofs.inclusionProof(ctx, { seq: 7, treeSize: 7 })).rejects.toMatchObject(beyond);
    await expect(log.proofs.consistencyProof(ctx, { fromSize: 1, toSize: size + 1 })).rejects.toMatchObject(beyond);
    const invalid = { code: 'REQUEST_INVALID' };
    for (const seq of [-1, 0.5, NaN, 2 ** 53])
      await expect(log.proofs.inclusionProof(ctx, { seq })).rejects.toMatchObject(invalid);
    await expect(log.proofs.consistencyProof(ctx, { fromSize: 9, toSize: 8 })).rejects.toMatchObject(invalid);
  });
});

describe('the leaves about a grant', () => {
  it('come all, in order, with their private records', async () => {
    await log.act(450, 0, { grantId: 'grt_1' });
    await log.act(5, 0, { grantId: 'grt_2' });

    const found = [];
    for await (const page of log.proofs.leavesAbout(ctx, { grantId: 'grt_1' })) found.push(...page);

    const facts = found.map(({ leaf }) => (JSON.parse(leaf.toString()) as { facts: { n: number } }).facts.n);
    expect(facts).toEqual(Array.from({ length: 450 }, (_, n) => n));
    for (const { leaf, salt, privateRecord } of found) {
      const { facts, private: hash } = JSON.parse(leaf.toString()) as { facts: { n: number }; private: string | null };
      expect(privateRecord).toBe(facts.n % 7 === 0 ? `{"facts":{"n":${facts.n}}}` : null);
      if (salt)
        expect(
          createHash('sha256')
            .update(salt)
            .update(privateRecord ?? '')
            .digest('hex'),
        ).toBe(hash);
    }
  });
});
