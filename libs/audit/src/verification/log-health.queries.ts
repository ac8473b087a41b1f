import { Injectable } from '@nestjs/common';
import { requireAdmin } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { LogProofs } from '../proofs/log-proofs.js';
import { LogChecks } from '../publishing/log-checks.js';
import { AuditQueries } from '../reading/audit.queries.js';
import type { LogHealthType } from './log-health.graphql.js';

/** How the log is, for operators. */
@Injectable()
export class LogHealthQueries {
  constructor(
    private readonly queries: AuditQueries,
    private readonly proofs: LogProofs,
    private readonly checks: LogChecks,
  ) {}

  /** @throws REQUEST_FORBIDDEN for others than operators */
  async health(ctx: RequestContext): Promise<LogHealthType> {
    if (ctx.actor.kind !== 'system') requireAdmin(ctx);
    const [tip, signed, publishing, verification] = await Promise.all([
      this.queries.checkpoint(ctx),
      this.proofs.signedCheckpoint(ctx),
      this.checks.last(ctx, 'publishing'),
      this.checks.last(ctx, 'verification'),
    ]);
    return {
      size: tip.size,
      signedSize: signed?.size ?? 0,
      signedAt: signed?.at ?? null,
      vkeys: [...this.proofs.vkeys],
      publishingProblem: publishing?.problem ?? null,
      lastVerifiedAt: verification?.at ?? null,
      verifiedSize: verification?.size ?? null,
      isIntact: verification && verification.problem === null,
      problem: verification?.problem ?? null,
    };
  }
}
