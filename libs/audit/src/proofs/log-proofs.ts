import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { z } from 'zod';
import { AuditErrors } from '../audit.errors.js';
import { LogKeys } from '../signing/log-keys.js';
import { consistencyRanges, formatTlogProof, inclusionRanges } from './proof.rules.js';
import type { LeafRange } from './proof.rules.js';
import { TreeHashes } from './tree-hashes.js';

/** The last checkpoint that we signed. */
export interface SignedCheckpoint {
  /** The signed note, verbatim. */
  readonly note: string;
  readonly size: number;
  readonly rootHash: Buffer;
  /** When it was signed. */
  readonly at: Date;
}

/** That a leaf is in the tree of a size. */
export interface InclusionProof {
  readonly seq: number;
  readonly treeSize: number;
  readonly leafHash: Buffer;
  readonly rootHash: Buffer;
  /** From the leaf to the root. */
  readonly hashes: readonly Buffer[];
  /** The proof as a file, when the tree is the last signed one. @see C2SP tlog-proof */
  readonly tlogProof: string | null;
}

/** That a tree is the beginning of another. */
export interface ConsistencyProof {
  readonly fromSize: number;
  readonly toSize: number;
  readonly fromRootHash: Buffer;
  readonly toRootHash: Buffer;
  readonly hashes: readonly Buffer[];
}

/** A leaf with what is kept about it outside the log. */
export interface LeafWithPrivate {
  readonly seq: number;
  /** Canonical JSON, the very bytes that are hashed. */
  readonly leaf: Buffer;
  /** Shown with the record, it proves the leaf's hash of it; null when nothing is private. */
  readonly salt: Buffer | null;
  /** Canonical JSON, or null. */
  readonly privateRecord: string | null;
}

interface SignedRow extends Record<string, unknown> {
  note: string | null;
  size: number;
  rootHash: Buffer;
  at: Date;
}

const PAGE_LEAVES = 200;
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const inclusionSchema = z.object({ seq: count, treeSize: count.min(1).nullish() });
const consistencySchema = z.object({ fromSize: count, toSize: count.nullish() });

/**
 * Proofs over the signed log, for anyone; and, for other libraries on the server, the leaves and private records about a grant.
 * Leaves and proofs hold nothing private; `leavesAbout` gives private records to whoever calls: who may see them is the
 * caller's to decide.
 */
@Injectable()
export class LogProofs {
  constructor(
    private readonly database: Database,
    private readonly hashes: TreeHashes,
    private readonly keys: LogKeys,
  ) {}

  /** Verifier keys of the log, the newest that signs first; none when it is not signed. */
  get vkeys(): readonly string[] {
    return this.keys.vkeys;
  }

  /** The last checkpoint that we signed; null before the first. */
  async signedCheckpoint(ctx: RequestContext): Promise<SignedCheckpoint | null> {
    const [row] = await this.database.prepared<SignedRow>(
      ctx,
      'audit.signed_checkpoint',
      'select note, size, root_hash as "rootHash", at from audit_signed_checkpoint',
    );
    return row && row.note !== null ? { ...row, note: row.note } : null;
  }

  /**
   * That a leaf is in the tree of a size, of which a signed checkpoint tells the root; by default of the last signed one.
   * @throws AUDIT_NOT_SIGNED, AUDIT_BEYOND_SIGNED
   */
  async inclusionProof(
    ctx: RequestContext,
    wanted: { readonly seq: number; readonly treeSize?: number | null },
  ): Promise<InclusionProof> {
    const { seq, treeSize } = validate(inclusionSchema, wanted, 'proof');
    const signed = await this.requireSigned(ctx);
    const size = treeSize ?? signed.size;
    if (size > signed.size) throw AuditErrors.BEYOND_SIGNED({ size, signed: signed.size });
    if (seq >= size) throw AuditErrors.BEYOND_SIGNED({ size: seq + 1, signed: size });
    const { wholes, parts } = await this.rootsOf(
      ctx,
      signed,
      [size],
      [{ from: seq, to: seq + 1 }, ...inclusionRanges(seq, size)],
    );
    const [rootHash] = wholes;
    const [leafHash, ...hashes] = parts;
    if (!leafHash || !rootHash) throw new Error('The log gave no hashes.');
    const tlogProof = size === signed.size ? formatTlogProof(seq, hashes, signed.note) : null;
    return { seq, treeSize: size, leafHash, rootHash, hashes, tlogProof };
  }

  /**
   * That the tree of a size is the beginning of another's; by default of the last signed one's.
   * @throws AUDIT_NOT_SIGNED, AUDIT_BEYOND_SIGNED, REQUEST_INVALID
   */
  async consistencyProof(
    ctx: RequestContext,
    wanted: { readonly fromSize: number; readonly toSize?: number | null },
  ): Promise<ConsistencyProof> {
    const signed = await this.requireSigned(ctx);
    const schema = consistencySchema.refine(({ fromSize, toSize }) => fromSize <= (toSize ?? signed.size), {
      path: ['fromSize'],
      message: 'must not be larger than the size that it is compared with',
    });
    const { fromSize, toSize: to } = validate(schema, wanted, 'proof');
    const toSize = to ?? signed.size;
    if (toSize > signed.size) throw AuditErrors.BEYOND_SIGNED({ size: toSize, signed: signed.size });
    const sizes = [fromSize, toSize];
    const { wholes, parts: hashes } = await this.rootsOf(ctx, signed, sizes, consistencyRanges(fromSize, toSize));
    const [fromRootHash, toRootHash] = wholes;
    if (!fromRootHash || !toRootHash) throw new Error('The log gave no hashes.');
    return { fromSize, toSize, fromRootHash, toRootHash, hashes };
  }

  /**
   * The `.tlog-proof` files of leaves against one signed checkpoint, in one statement; null for those that it does not cover.
   * @see C2SP tlog-proof
   */
  async tlogProofs(
    ctx: RequestContext,
    seqs: readonly number[],
    signed: SignedCheckpoint | null,
  ): Promise<(string | null)[]> {
    if (!signed) return seqs.map(() => null);
    const paths = seqs.map((seq) => (seq < signed.size ? inclusionRanges(seq, signed.size) : null));
    const hashes = await this.hashes.rootsOf(
      ctx,
      paths.flatMap((path) => path ?? []),
    );
    let next = 0;
    return paths.map((path, i) => {
      if (!path) return null;
      const own = hashes.slice(next, (next += path.length));
      return formatTlogProof(seqs[i] ?? 0, own, signed.note);
    });
  }

  /** Every leaf about a grant with its private record, in order, page by page. Whether the caller may see them is the caller's to decide. */
  async *leavesAbout(ctx: RequestContext, about: { readonly grantId: string }): AsyncGenerator<LeafWithPrivate[]> {
    for (let after = -1; ;) {
      const page = await this.database.query<LeafWithPrivate & Record<string, unknown>>(
        ctx,
        `select seq, leaf, salt, record as "privateRecord" from audit_log left join audit_private using (act_id)
         where grant_id = $1 and seq > $2 order by seq limit ${PAGE_LEAVES}`,
        [about.grantId, after],
      );
      if (page.length > 0) yield page;
      const last = page.at(-1);
      if (!last || page.length < PAGE_LEAVES) return;
      after = last.seq;
    }
  }

  /** Roots of whole trees, and of parts. That of the signed tree is known. */
  private async rootsOf(
    ctx: RequestContext,
    signed: SignedCheckpoint,
    sizes: readonly number[],
    ranges: readonly LeafRange[],
  ): Promise<{ wholes: readonly (Buffer | undefined)[]; parts: readonly Buffer[] }> {
    const unknown = sizes.filter((size) => size !== signed.size);
    const roots = await this.hashes.rootsOf(ctx, [...unknown.map((to) => ({ from: 0, to })), ...ranges]);
    const wholes = sizes.map((size) => (size === signed.size ? signed.rootHash : roots[unknown.indexOf(size)]));
    return { wholes, parts: roots.slice(unknown.length) };
  }

  private async requireSigned(ctx: RequestContext): Promise<SignedCheckpoint> {
    const signed = await this.signedCheckpoint(ctx);
    if (!signed) throw AuditErrors.NOT_SIGNED({});
    return signed;
  }
}
