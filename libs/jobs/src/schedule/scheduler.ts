import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationBootstrap } from '@nestjs/common';
import { systemContext } from '@app/kernel';
import { Leadership } from '../leadership/leadership.js';
import type { JobRun, ScheduledJobMetadata } from '../queue/job-handler.js';
import { HandlerRegistry } from '../runner/handler-registry.js';

const S_MS = 1000;

/** Runs the recurring work of this process's domains, each while this process holds its post. */
@Injectable()
export class Scheduler implements OnApplicationBootstrap {
  private readonly log = new Logger(Scheduler.name);

  constructor(
    private readonly handlers: HandlerRegistry,
    private readonly leadership: Leadership,
  ) {}

  onApplicationBootstrap(): void {
    for (const { job, metadata } of this.handlers.scheduled()) {
      this.leadership.lead(`schedule:${metadata.name}`, (signal) => this.repeat(job, metadata, signal));
    }
  }

  private async repeat(job: JobRun, { name, everyS }: ScheduledJobMetadata, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await job.run({}, { ctx: systemContext(name), signal, attempt: 1, maxAttempts: 1 });
      } catch (error) {
        if (!signal.aborted) this.log.warn(`${name} failed and runs again in ${everyS} s: ${String(error)}`);
      }
      await delay(everyS * S_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
