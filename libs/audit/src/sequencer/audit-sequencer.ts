import { hash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { CompactRange, TILE_HEIGHT, leafHash } from '@app/kernel';
import type { RequestContext, Subtree } from '@app/kernel';

const PARTITION_LEAVES = 10_000_000;

interface Tip {
  size: number;
  chainHash: Buffer;
  edge: Buffer[];
}

interface PendingAct {
  id: number;
  leaf: Buffer;
}

/** Link of the chain: SHA-256(hash of the chain so far ‖ leaf hash). */
export function chainHash(before: Buffer, leaf: Buffer): Buffer {
  return hash('sha256', Buffer.concat([before, leaf]), 'buffer');
}

/**
 * Gives the recorded acts their places in the log. The lock on the tip's row makes two of them take turns, so a leader that
 * does not know yet that it was replaced does no harm; leadership only keeps them from waiting for each other.
 */
@Injectable()
export class AuditSequencer {
  /** Acts of one batch: bounds its memory and the time for which it holds the tip. */
  static readonly BATCH_ACTS = 5_000;

  constructor(private readonly database: Database) {}

  /** Appends every act recorded and committed so far. */
  async sequenceAll(ctx: RequestContext): Promise<void> {
    while ((await this.sequenceBatch(ctx)) > 0);
  }

  /** Appends one batch, all or nothing. Returns how many acts. */
  async sequenceBatch(ctx: RequestContext): Promise<number> {
    // Asked first, without a transaction: an idle log must cost nothing but this.
    const isIdle = !(await this.database.query(ctx, 'select from audit_pending limit 1')).length;
    return isIdle ? 0 : this.database.transaction(ctx, (ctx) => this.append(ctx));
  }

  private async append(ctx: RequestContext): Promise<number> {
    const [tip] = await this.database.query<Tip & Record<string, unknown>>(
      ctx,
      'select size, chain_hash as "chainHash", edge from audit_checkpoint for update',
    );
    if (!tip) throw new Error('The log has lost its tip.');
    // In a statement after the lock, so that it sees what the holder before us has taken away.
    const acts = await this.database.query<PendingAct & Record<string, unknown>>(
      ctx,
      `select id, leaf from audit_pending order by id limit ${AuditSequencer.BATCH_ACTS}`,
    );
    if (!acts.length) return 0;
    const range = new CompactRange(tip.size, tip.edge);
    const subtrees: Subtree[] = [];
    const leafHashes: Buffer[] = [];
    const chainHashes: Buffer[] = [];
    let chain = tip.chainHash;
    for (const act of acts) {
      const hash = leafHash(act.leaf);
      chain = chainHash(chain, hash);
      leafHashes.push(hash);
      chainHashes.push(chain);
      range.append(hash, (subtree) => {
        if (subtree.height % TILE_HEIGHT === 0) subtrees.push(subtree);
      });
    }
    await this.makePartitions(ctx, tip.size, range.size);
    await this.write(ctx, tip.size, acts, leafHashes, chainHashes);
    await this.writeSubtrees(ctx, subtrees);
    await this.database.query(
      ctx,
      `update audit_checkpoint set size = $1, root_hash = $2, chain_hash = $3, edge = $4::bytea[], at = clock_timestamp()`,
      [range.size, range.root(), chain, range.subtrees],
    );
    return acts.length;
  }

  /** The leaves stay in the database; only hashes travel back. */
  private async write(
    ctx: RequestContext,
    firstSeq: number,
    acts: readonly PendingAct[],
    leafHashes: readonly Buffer[],
    chainHashes: readonly Buffer[],
  ): Promise<void> {
    const ids = acts.map((act) => act.id);
    const written = await this.database.execute(
      ctx,
      `insert into audit_log (seq, act_id, at, action, subject_id, dataset_id, grant_id, organization_ids, leaf, leaf_hash, chain_hash)
       select $1::bigint + n - 1, id, at, action, subject_id, dataset_id, grant_id, organization_ids, leaf, leaf_hash, chain_hash
       from unnest($2::bigint[], $3::bytea[], $4::bytea[]) with ordinality as places (id, leaf_hash, chain_hash, n)
       join audit_pending using (id)`,
      [firstSeq, ids, leafHashes, chainHashes],
    );
    const gone = await this.database.execute(ctx, 'delete from audit_pending where id = any($1::bigint[])', [ids]);
    if (written !== ids.length || gone !== ids.length) throw new Error('Acts disappeared while they were appended.');
  }

  private async writeSubtrees(ctx: RequestContext, subtrees: readonly Subtree[]): Promise<void> {
    if (!subtrees.length) return;
    await this.database.query(
      ctx,
      `insert into audit_subtrees (height, idx, hash) select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])`,
      [subtrees.map((s) => s.height), subtrees.map((s) => s.index), subtrees.map((s) => s.hash)],
    );
  }

  private async makePartitions(ctx: RequestContext, sizeBefore: number, sizeAfter: number): Promise<void> {
    const last = Math.floor((sizeAfter - 1) / PARTITION_LEAVES);
    for (let n = Math.floor(Math.max(0, sizeBefore - 1) / PARTITION_LEAVES) + 1; n <= last; n++) {
      await this.database.query(ctx, 'select audit_make_partition($1)', [n]);
    }
  }
}
