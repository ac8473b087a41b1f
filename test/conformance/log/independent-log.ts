import { createHash, createPublicKey, verify } from 'node:crypto';

/**
 * A verifier written from the texts alone (RFC 6962 section 2.1, RFC 9162 section 2.1, C2SP signed-note, tlog-checkpoint, tlog-tiles and tlog-proof): it
 * shares no code with the product, on purpose. Trees are defined by recursion over all leaves, as the RFC defines them.
 */

const sha256 = (...parts: Uint8Array[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

export const hashOfLeaf = (entry: Uint8Array): Buffer => sha256(Buffer.from([0x00]), entry);
export const hashOfNode = (left: Uint8Array, right: Uint8Array): Buffer => sha256(Buffer.from([0x01]), left, right);

function split(n: number): number {
  let k = 1;
  while (k << 1 < n) k <<= 1;
  return k;
}

/** MTH over leaf hashes. */
export function treeHash(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return sha256(Buffer.alloc(0));
  if (leaves.length === 1) return leaves[0] as Buffer;
  const k = split(leaves.length);
  return hashOfNode(treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)));
}

/** PATH(m, D[n]). */
export function auditPath(m: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length <= 1) return [];
  const k = split(leaves.length);
  return m < k
    ? [...auditPath(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...auditPath(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))];
}

/** PROOF(m, D[n]). */
export function extensionPath(m: number, leaves: readonly Buffer[]): Buffer[] {
  const sub = (m: number, d: readonly Buffer[], isWhole: boolean): Buffer[] => {
    if (m === d.length) return isWhole ? [] : [treeHash(d)];
    const k = split(d.length);
    return m <= k
      ? [...sub(m, d.slice(0, k), isWhole), treeHash(d.slice(k))]
      : [...sub(m - k, d.slice(k), false), treeHash(d.slice(0, k))];
  };
  return m === 0 ? [] : sub(m, leaves, true);
}

/** RFC 9162, 2.1.3.2. */
export function provesInclusion(
  leaf: Buffer,
  index: number,
  size: number,
  path: readonly Buffer[],
  root: Buffer,
): boolean {
  if (index >= size) return false;
  let fn = BigInt(index);
  let sn = BigInt(size - 1);
  let r = leaf;
  for (const p of path) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      r = hashOfNode(p, r);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else r = hashOfNode(r, p);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return sn === 0n && r.equals(root);
}

/** RFC 9162, 2.1.4.2. */
export function provesConsistency(
  first: number,
  second: number,
  firstRoot: Buffer,
  secondRoot: Buffer,
  given: readonly Buffer[],
): boolean {
  if (first > second) return false;
  if (first === second) return given.length === 0 && firstRoot.equals(secondRoot);
  if (first === 0) return given.length === 0 && firstRoot.equals(sha256(Buffer.alloc(0)));
  if (given.length === 0) return false;
  const isPowerOfTwo = (BigInt(first) & (BigInt(first) - 1n)) === 0n;
  const path = isPowerOfTwo ? [firstRoot, ...given] : [...given];
  let fn = BigInt(first - 1);
  let sn = BigInt(second - 1);
  while ((fn & 1n) === 1n) [fn, sn] = [fn >> 1n, sn >> 1n];
  let fr = path[0] as Buffer;
  let sr = fr;
  for (const c of path.slice(1)) {
    if (sn === 0n) return false;
    if ((fn & 1n) === 1n || fn === sn) {
      fr = hashOfNode(c, fr);
      sr = hashOfNode(c, sr);
      while ((fn & 1n) === 0n && fn !== 0n) [fn, sn] = [fn >> 1n, sn >> 1n];
    } else sr = hashOfNode(sr, c);
    [fn, sn] = [fn >> 1n, sn >> 1n];
  }
  return fr.equals(firstRoot) && sr.equals(secondRoot) && sn === 0n;
}

/** The text of a note that a verifier key signed, or null. */
export function noteText(note: Buffer, vkey: string): string | null {
  const [, name = '', id = '', material = ''] = /^([^+\s]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const key = Buffer.from(material, 'base64');
  if (key[0] !== 1 || key.length !== 33) return null;
  if (sha256(Buffer.from(`${name}\n`), key).toString('hex', 0, 4) !== id) return null;
  const whole = note.toString('utf8');
  if (!Buffer.from(whole).equals(note)) return null;
  const at = whole.lastIndexOf('\n\n');
  if (at < 0) return null;
  const text = whole.slice(0, at + 1);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), key.subarray(1)]);
  const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  let isGood = false;
  for (const line of whole
    .slice(at + 2)
    .split('\n')
    .slice(0, -1)) {
    const [dash, signer, base64 = ''] = line.split(' ');
    const blob = Buffer.from(base64, 'base64');
    if (dash !== '—' || signer === undefined || blob.toString('base64') !== base64 || blob.length < 5) return null;
    if (signer !== name || blob.toString('hex', 0, 4) !== id) continue;
    if (!verify(null, Buffer.from(text), publicKey, blob.subarray(4))) return null;
    isGood = true;
  }
  return isGood && whole.endsWith('\n') ? text : null;
}

export interface SeenCheckpoint {
  readonly origin: string;
  readonly size: number;
  readonly root: Buffer;
}

/** A signed checkpoint, or null. */
export function checkpointOf(note: Buffer, vkey: string): SeenCheckpoint | null {
  const [origin, size, root, end] = noteText(note, vkey)?.split('\n') ?? [];
  if (origin === undefined || size === undefined || root === undefined || end !== '') return null;
  if (origin !== vkey.split('+')[0] || String(Number(size)) !== size) return null;
  return { origin, size: Number(size), root: Buffer.from(root, 'base64') };
}

/** Path of a tile: level or `entries`, index, and how many hashes it has. */
export function resourcePath(level: number | 'entries', n: number, width = 256): string {
  let name = String(n % 1000).padStart(3, '0');
  for (let rest = (n - (n % 1000)) / 1000; rest > 0; rest = (rest - (rest % 1000)) / 1000) {
    name = `x${String(rest % 1000).padStart(3, '0')}/${name}`;
  }
  return `tile/${level}/${name}${width === 256 ? '' : `.p/${width}`}`;
}

/** Every resource that a log of these entries has at its size, by path. */
export function resourcesOf(entries: readonly Buffer[]): Map<string, Buffer> {
  const resources = new Map<string, Buffer>();
  const rowsOf = (row: readonly Buffer[]): Buffer[][] =>
    Array.from({ length: Math.ceil(row.length / 256) }, (_, n) => row.slice(n * 256, n * 256 + 256));
  for (const [n, row] of rowsOf(entries).entries()) {
    const parts = row.flatMap((entry) => [Buffer.from([entry.length >> 8, entry.length & 255]), entry]);
    resources.set(resourcePath('entries', n, row.length), Buffer.concat(parts));
  }
  let hashes = entries.map(hashOfLeaf);
  for (let level = 0; hashes.length > 0; level++) {
    for (const [n, row] of rowsOf(hashes).entries()) {
      resources.set(resourcePath(level, n, row.length), Buffer.concat(row));
    }
    hashes = rowsOf(hashes)
      .filter((row) => row.length === 256)
      .map(treeHash);
  }
  return resources;
}

/** Whether a `.tlog-proof` shows that an entry is in a log that the key signed. */
export function provesOffline(file: Buffer, entry: Buffer, vkey: string): boolean {
  const text = file.toString('utf8');
  const head = text.slice(0, text.indexOf('\n\n') + 1);
  const checkpoint = checkpointOf(file.subarray(Buffer.byteLength(head) + 1), vkey);
  const [version, index = '', ...hashes] = head.split('\n').slice(0, -1);
  const number = /^index (0|[1-9]\d*)$/.exec(index)?.[1];
  if (version !== 'c2sp.org/tlog-proof@v1' || number === undefined || !checkpoint) return false;
  const path = hashes.map((line) => Buffer.from(line, 'base64'));
  if (path.some((hash, i) => hash.length !== 32 || hash.toString('base64') !== hashes[i])) return false;
  return provesInclusion(hashOfLeaf(entry), Number(number), checkpoint.size, path, checkpoint.root);
}
