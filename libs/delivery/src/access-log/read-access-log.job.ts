import { Injectable } from '@nestjs/common';
import { ScheduledJob } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { AccessLogReader } from './access-log.reader.js';
import { LOOK_BACK_MS } from './log-window.rules.js';

/** Counts what the store delivered a moment ago. */
@Injectable()
@ScheduledJob('delivery.read_access_log', { everyS: 1 })
export class ReadAccessLogJob implements JobRun {
  constructor(private readonly reader: AccessLogReader) {}

  async run(_payload: unknown, help: JobHelp): Promise<void> {
    await this.reader.readNew(help.ctx, LOOK_BACK_MS, help.signal);
  }
}
