import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Leadership } from '@app/jobs';
import { DomainError, systemContext } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';
import { AuditQueries } from '../reading/audit.queries.js';
import { LogKeys } from '../signing/log-keys.js';
import { LogChecks } from './log-checks.js';
import { LogPublisher } from './log-publisher.js';

/** A leaf is signed so long after it was sequenced, at most. A look at an idle log is two small reads. */
const PACE_MS = 1_000;
/** A log that cannot be signed is looked at less often, and said so each time. */
const TROUBLED_PACE_MS = 60_000;
const CONTRADICTION = AuditErrors.CONTRADICTION({ problem: '' }).code;

/** Keeps the log published and signed, in one worker at a time. */
@Injectable()
export class PublisherLoop implements OnApplicationBootstrap {
  private readonly log = new Logger(PublisherLoop.name);
  /** As it was last kept; not known after a start, so the first round keeps how it went. */
  private problem: string | null | undefined;

  constructor(
    private readonly leadership: Leadership,
    private readonly publisher: LogPublisher,
    private readonly queries: AuditQueries,
    private readonly checks: LogChecks,
    private readonly keys: LogKeys,
  ) {}

  onApplicationBootstrap(): void {
    if (this.keys.canSign) this.leadership.lead('audit.publisher', (signal) => this.run(signal));
    else this.log.warn('The audit log is kept but not signed: LOG_KEY_FILE names no key.');
  }

  private async run(signal: AbortSignal): Promise<void> {
    const ctx = systemContext('audit.publisher');
    while (!signal.aborted) {
      const pause = await this.publish(ctx);
      if (pause > 0) await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Returns how long to wait. What is no contradiction ends the term: whoever takes the post up tries again. */
  private async publish(ctx: RequestContext): Promise<number> {
    try {
      const isMore = await this.publisher.publishRound(ctx);
      if (this.problem !== null) await this.keep(ctx, null);
      return isMore ? 0 : PACE_MS;
    } catch (error) {
      if (!(error instanceof DomainError && error.code === CONTRADICTION)) throw error;
      this.log.error(error.message);
      await this.keep(ctx, error.message);
      return TROUBLED_PACE_MS;
    }
  }

  private async keep(ctx: RequestContext, problem: string | null): Promise<void> {
    await this.checks.keep(ctx, 'publishing', (await this.queries.checkpoint(ctx)).size, problem);
    this.problem = problem;
  }
}
