import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { Leadership } from '@app/jobs';
import { systemContext } from '@app/kernel';
import { AuditSequencer } from './audit-sequencer.js';

/**
 * Acts wait this long at most for the next look. A look at an idle log is one probe of an index. No notice wakes it, on purpose:
 * NOTIFY in the act's transaction takes a lock that serializes the commits of the whole database.
 */
const PACE_MS = 50;
/** After a batch the next is near: a shorter pause halves what an act of a busy market waits, and costs an idle one nothing. */
const BUSY_PACE_MS = 15;

/** Keeps the log sequenced, in one worker at a time. */
@Injectable()
export class SequencerLoop implements OnApplicationBootstrap {
  constructor(
    private readonly leadership: Leadership,
    private readonly sequencer: AuditSequencer,
  ) {}

  onApplicationBootstrap(): void {
    this.leadership.lead('audit.sequencer', (signal) => this.run(signal));
  }

  private async run(signal: AbortSignal): Promise<void> {
    const ctx = systemContext('audit.sequencer');
    while (!signal.aborted) {
      const acts = await this.sequencer.sequenceBatch(ctx);
      // Pending acts go on at once only when a whole batch was there; else a pause gathers some.
      if (acts >= AuditSequencer.BATCH_ACTS) continue;
      await delay(acts > 0 ? BUSY_PACE_MS : PACE_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
