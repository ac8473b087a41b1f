import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { CompactRange, TILE_HEIGHT, leafHash, requireAdmin } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';
import { readLeaf, saltedHash } from '../leaves/leaf.rules.js';
import type { Leaf } from '../leaves/leaf.rules.js';
import { chainHash } from '../sequencer/audit-sequencer.js';
import { AuditQueries } from '../reading/audit.queries.js';

export interface VerifyRange {
  /** First leaf to look at; 0 unless said otherwise. Roots can only be checked from 0. */
  readonly from?: number;
  /** Leaf to stop before; the size of the log unless said otherwise. */
  readonly to?: number;
  /** Older checkpoints that somebody kept: the log must still begin with what each covers. */
  readonly known?: readonly KnownCheckpoint[];
}

/** A size and root, in hex, that somebody kept. */
export interface KnownCheckpoint {
  readonly size: number;
  readonly rootHash: string;
}

export interface LogVerdict {
  readonly isIntact: boolean;
  /** Leaves looked at. */
  readonly checked: number;
  /** The first leaf that is wrong; null when none is, or when only the tip is. */
  readonly firstBadSeq: number | null;
  /** What is wrong, for people. */
  readonly problem: string | null;
  /** Whether the root of the tip was recomputed. */
  readonly isRootChecked: boolean;
}

interface StoredLeaf extends Record<string, unknown> {
  seq: number;
  at: Date;
  action: string;
  subjectId: string;
  datasetId: string | null;
  grantId: string | null;
  organizationIds: string[];
  leaf: Buffer;
  leafHash: Buffer;
  chainHash: Buffer;
  salt: Buffer | null;
  record: string | null;
}

const PAGE_LEAVES = 2_000;

/** Recomputes the log from its leaves, in bounded memory. */
@Injectable()
export class LogVerification {
  constructor(
    private readonly database: Database,
    private readonly queries: AuditQueries,
  ) {}

  /** Whether every leaf, link, subtree and root is what the leaves say. @throws REQUEST_FORBIDDEN for others than operators */
  async verifyLog(ctx: RequestContext, range: VerifyRange = {}): Promise<LogVerdict> {
    if (ctx.actor.kind !== 'system') requireAdmin(ctx);
    // Read before the leaves: what is appended meanwhile lies behind it.
    const tip = await this.queries.checkpoint(ctx);
    const from = range.from ?? 0;
    const to = Math.min(range.to ?? tip.size, tip.size);
    const known = from === 0 ? (range.known ?? []) : [];
    const tree = new CompactRange();
    let chain = from === 0 ? Buffer.alloc(32) : await this.chainBefore(ctx, from);
    let seq = from;
    const verdict = (problem: string | null, firstBadSeq: number | null, isRootChecked = false): LogVerdict => ({
      isIntact: problem === null,
      checked: seq - from,
      firstBadSeq,
      problem,
      isRootChecked,
    });
    const isContradicted = (): boolean =>
      known.some(({ size, rootHash }) => size === tree.size && rootHash !== tree.root().toString('hex'));
    const largest = known.reduce((size, checkpoint) => Math.max(size, checkpoint.size), 0);
    if (largest > tip.size)
      return verdict(`The log has ${tip.size} leaves, fewer than the ${largest} of the known checkpoint.`, tip.size);
    if (isContradicted()) return verdict('The known checkpoint is none of an empty log.', 0);

    while (seq < to) {
      const rows = await this.leaves(ctx, seq, Math.min(seq + PAGE_LEAVES, to));
      const subtrees = from === 0 ? await this.subtrees(ctx, seq, seq + PAGE_LEAVES) : null;
      if (!rows.length) return verdict(`Leaf ${seq} is missing.`, seq);
      for (const row of rows) {
        if (row.seq !== seq) return verdict(`Leaf ${seq} is missing.`, seq);
        const hash = leafHash(row.leaf);
        const problem = problemOf(row, hash, chain);
        if (problem !== null) return verdict(problem, seq);
        chain = row.chainHash;
        let hasBadSubtree = false;
        tree.append(hash, ({ height, index, hash: root }) => {
          if (subtrees && height % TILE_HEIGHT === 0)
            hasBadSubtree ||= subtrees.get(`${height}/${index}`) !== root.toString('hex');
        });
        if (hasBadSubtree) return verdict(`A stored subtree that ends with leaf ${seq} is not its root.`, seq);
        seq += 1;
        if (isContradicted()) {
          return verdict(`The first ${seq} leaves are not those of the known checkpoint.`, null);
        }
      }
    }
    if (to < tip.size) return verdict(null, null);
    if (!chain.equals(tip.chainHash)) return verdict('The chain does not end where the tip says.', null);
    if (from > 0) return verdict(null, null);
    return tree.root().equals(tip.rootHash)
      ? verdict(null, null, true)
      : verdict('The root of the tip is not that of the leaves.', null, true);
  }

  /**
   * Some leaves as they stand in the database, each with its hashes, its index and its private record looked at. For anyone.
   * @throws AUDIT_BROKEN naming the first that is not what it was written as
   */
  async intactLeaves(ctx: RequestContext, from: number, to: number): Promise<Buffer[]> {
    const [rows, before] = await Promise.all([this.leaves(ctx, from, to), this.chainBefore(ctx, from)]);
    let chain = before;
    return Array.from({ length: to - from }, (_, i) => {
      const row = rows[i];
      const problem =
        row?.seq === from + i ? problemOf(row, leafHash(row.leaf), chain) : `Leaf ${from + i} is missing.`;
      if (!row || problem !== null) throw AuditErrors.BROKEN({ problem: problem ?? '' });
      chain = row.chainHash;
      return row.leaf;
    });
  }

  private async chainBefore(ctx: RequestContext, seq: number): Promise<Buffer> {
    const [row] = await this.database.query<{ chainHash: Buffer }>(
      ctx,
      'select chain_hash as "chainHash" from audit_log where seq = $1',
      [seq - 1],
    );
    return row?.chainHash ?? Buffer.alloc(32);
  }

  private leaves(ctx: RequestContext, from: number, to: number): Promise<StoredLeaf[]> {
    return this.database.query<StoredLeaf>(
      ctx,
      `select seq, at, action, subject_id as "subjectId", dataset_id as "datasetId", grant_id as "grantId",
         organization_ids as "organizationIds", leaf, leaf_hash as "leafHash", chain_hash as "chainHash", salt, record
       from audit_log left join audit_private using (act_id) where seq >= $1 and seq < $2 order by seq`,
      [from, to],
    );
  }

  /** Stored roots of the subtrees that end within these leaves. */
  private async subtrees(ctx: RequestContext, from: number, to: number): Promise<Map<string, string>> {
    const rows = await this.database.query<{ height: number; idx: number; hash: Buffer }>(
      ctx,
      `select height, idx, hash from generate_series(8, 56, 8) levels (height) join audit_subtrees using (height)
       where idx >= ($1::bigint >> height) and idx <= ($2::bigint >> height)`,
      [from, to],
    );
    return new Map(rows.map((row) => [`${row.height}/${row.idx}`, row.hash.toString('hex')]));
  }
}

/** What is wrong with one stored leaf, or null. */
function problemOf(row: StoredLeaf, hash: Buffer, chainBefore: Buffer): string | null {
  if (!hash.equals(row.leafHash)) return `Leaf ${row.seq} is not what its hash says.`;
  if (!chainHash(chainBefore, hash).equals(row.chainHash)) return `The chain breaks at leaf ${row.seq}.`;
  let leaf: Leaf;
  try {
    leaf = readLeaf(row.leaf);
  } catch {
    return `Leaf ${row.seq} cannot be read.`;
  }
  if (!isIndexedAs(row, leaf)) return `Leaf ${row.seq} is filed under facts that it does not state.`;
  const hidden = row.salt && row.record !== null ? saltedHash(row.salt, row.record) : null;
  if (hidden !== leaf.private) return `The private record of leaf ${row.seq} is not the one that it was written with.`;
  return null;
}

function isIndexedAs(row: StoredLeaf, leaf: Leaf): boolean {
  return (
    row.at.toISOString() === leaf.at &&
    row.action === leaf.action &&
    row.subjectId === leaf.subject.id &&
    row.datasetId === (leaf.about.dataset ?? null) &&
    row.grantId === (leaf.about.grant ?? null) &&
    row.organizationIds.join(' ') === leaf.about.orgs.join(' ')
  );
}
