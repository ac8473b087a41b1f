import { Injectable } from '@nestjs/common';
import { LogProblem, NoteProblem, replayLog } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { LogProofs } from '../proofs/log-proofs.js';
import { LogChecks } from '../publishing/log-checks.js';
import { LogStore } from '../publishing/log-store.js';
import { AuditQueries } from '../reading/audit.queries.js';
import { LogKeys } from '../signing/log-keys.js';
import { LogVerification } from './log-verification.js';
import type { KnownCheckpoint } from './log-verification.js';

/** What a look at the whole log found. */
export interface LogFindings {
  /** Leaves of the database that were recomputed. */
  readonly size: number;
  /** What is wrong, for people; null when all is well. */
  readonly problem: string | null;
}

/**
 * Recomputes the whole log: the leaves of the database, the tiles of the store, and both against the last signed checkpoints. The one in
 * the store counts most: who rewrote every row of the database could not change it, for want of the key.
 */
@Injectable()
export class DailyVerification {
  constructor(
    private readonly verification: LogVerification,
    private readonly queries: AuditQueries,
    private readonly proofs: LogProofs,
    private readonly keys: LogKeys,
    private readonly store: LogStore,
    private readonly checks: LogChecks,
  ) {}

  /** Looks at everything, and keeps what was found for the operator. */
  async run(ctx: RequestContext): Promise<LogFindings> {
    const { size } = await this.queries.checkpoint(ctx);
    const problem = await this.problemOf(ctx);
    await this.checks.keep(ctx, 'verification', size, problem);
    return { size, problem };
  }

  private async problemOf(ctx: RequestContext): Promise<string | null> {
    try {
      // The store first: what it publishes was in the database before.
      const note = await this.store.checkpoint();
      const stored = note && this.keys.canSign ? this.keys.open(note) : null;
      const signed = await this.proofs.signedCheckpoint(ctx);
      const known: KnownCheckpoint[] = [];
      if (signed && this.keys.canSign) known.push(hexOf(this.keys.open(signed.note)));
      if (stored) known.push(hexOf(stored));
      if (stored && (signed?.size ?? 0) < stored.size) {
        return `The store publishes a checkpoint of ${stored.size} leaves, and the database knows of ${signed?.size ?? 0} signed.`;
      }
      const verdict = await this.verification.verifyLog(ctx, { known });
      if (!verdict.isIntact) return verdict.problem;
      if (!stored) return null;
      const roots = await replayLog(this.store, stored.size);
      return roots.get(stored.size)?.equals(stored.rootHash)
        ? null
        : `The leaves in the store do not have the root of the checkpoint beside them.`;
    } catch (error) {
      if (error instanceof NoteProblem) return `The last checkpoint is not one that our keys signed: ${error.message}.`;
      if (error instanceof LogProblem) return `In the store, ${error.message}.`;
      throw error;
    }
  }
}

function hexOf({ size, rootHash }: { readonly size: number; readonly rootHash: Buffer }): KnownCheckpoint {
  return { size, rootHash: rootHash.toString('hex') };
}
