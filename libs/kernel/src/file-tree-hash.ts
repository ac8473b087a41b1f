import { createHash, hash } from 'node:crypto';
import { canonicalJson } from './canonical-json.js';

/** What a version's content address is made of. */
export interface HashedFile {
  /** Posix path relative to the dataset's root. */
  readonly path: string;
  readonly sizeBytes: number;
  /** SHA-256 of the bytes, 64 lower-case hex digits. */
  readonly sha256: string;
}

const HASH_BYTES = 32;
const LEAF = Buffer.from([0]);
/** Work space of one call: 0x01 ‖ left ‖ right. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);

/** In one shot: an object for each hash keeps the collector busier than the hashing takes. */
const sha256 = (data: Buffer | string): Buffer => hash('sha256', data, 'buffer');

/** RFC 6962 leaf hash: SHA-256(0x00 ‖ entry). */
export function leafHash(entry: Buffer | string): Buffer {
  return sha256(Buffer.concat([LEAF, typeof entry === 'string' ? Buffer.from(entry) : entry]));
}

/** RFC 6962 node hash: SHA-256(0x01 ‖ left ‖ right). */
export function nodeHash(left: Buffer, right: Buffer): Buffer {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) throw new Error('A node has two hashes of 32 bytes.');
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}

/**
 * RFC 6962 Merkle tree hash of leaf hashes, folded from the left with a stack of perfect subtrees: O(n) time, O(log n) memory.
 * @see RFC 6962 section 2.1
 */
export function merkleRoot(leaves: Iterable<Buffer>): Buffer {
  const stack: { hash: Buffer; size: number }[] = [];
  for (const leaf of leaves) {
    let top = { hash: leaf, size: 1 };
    for (let last = stack.at(-1); last && last.size === top.size; last = stack.at(-1)) {
      stack.pop();
      top = { hash: nodeHash(last.hash, top.hash), size: last.size + top.size };
    }
    stack.push(top);
  }
  const last = stack.pop();
  if (!last) return sha256('');
  return stack.reduceRight((right, left) => nodeHash(left.hash, right), last.hash);
}

/** Order of paths in a version: by bytes of UTF-8. */
export function compareByPath(a: { path: string }, b: { path: string }): number {
  return Buffer.compare(Buffer.from(a.path), Buffer.from(b.path));
}

/** A file's leaf in the tree of its version: the hash of the canonical JSON of `{ path, sha256, size }`. */
export function fileLeaf({ path, sha256, sizeBytes }: HashedFile): Buffer {
  return leafHash(canonicalJson({ path, sha256, size: sizeBytes }));
}

/** Merkle root (64 hex digits) over a version's files: one leaf each, in order of path bytes. */
export function merkleRootOf(files: readonly HashedFile[]): string {
  return merkleRoot([...files].sort(compareByPath).map(fileLeaf)).toString('hex');
}

/** The version's commit id: 40 hex digits, as Hub clients expect, cut from SHA-256 of a tag and the Merkle root. */
export function commitIdOf(merkleRootHex: string): string {
  return createHash('sha256').update(`bodega commit v1\n${merkleRootHex}\n`).digest('hex').slice(0, 40);
}
