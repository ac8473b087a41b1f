import { fromBase64, leafHash, nodeHash } from '@app/kernel';

/** Why a leaf is not shown to be in the log; one clause, to stand in a sentence. */
export class ProofProblem extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'ProofProblem';
  }
}

/** A proof file, read and not yet believed. */
export interface TlogProof {
  readonly index: number;
  readonly hashes: readonly Buffer[];
  /** The signed checkpoint that it leads to, verbatim. */
  readonly note: string;
}

const HEAD = 'c2sp.org/tlog-proof@v1';
const MAX_HASHES = 64;

/** @see C2SP tlog-proof @throws ProofProblem */
export function readTlogProof(text: string): TlogProof {
  const split = text.indexOf('\n\n');
  const [head, index = '', ...lines] = text.slice(0, Math.max(0, split)).split('\n');
  const [, digits] = /^index (0|[1-9]\d{0,15})$/.exec(index) ?? [];
  const hashes = lines.map(fromBase64);
  const isWhole = hashes.every((hash): hash is Buffer => hash?.length === 32);
  if (split < 0 || head !== HEAD || digits === undefined || !isWhole || hashes.length > MAX_HASHES) {
    throw new ProofProblem('it has no readable proof');
  }
  return { index: Number(digits), hashes, note: text.slice(split + 2) };
}

/** The root that a leaf's proof leads to in a tree of this size. @see RFC 9162 section 2.1.3.2 @throws ProofProblem */
export function rootFrom(leaf: Buffer, { index, hashes }: TlogProof, size: number): Buffer {
  if (index >= size) throw new ProofProblem('its proof is for a smaller tree');
  let [at, last] = [index, size - 1];
  let root = leafHash(leaf);
  for (const hash of hashes) {
    if (last === 0) throw new ProofProblem('its proof is too long');
    if (at % 2 === 1 || at === last) {
      root = nodeHash(hash, root);
      while (at % 2 === 0 && at > 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      root = nodeHash(root, hash);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  if (last !== 0) throw new ProofProblem('its proof is too short');
  return root;
}
