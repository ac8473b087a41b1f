import { Injectable } from '@nestjs/common';
import { ScheduledJob } from '@app/jobs';
import type { JobHelp, JobRun } from '@app/jobs';
import { AccessLogReader } from './access-log.reader.js';
import { SECOND_LOOK_BACK_MS } from './log-window.rules.js';

/** Counts what the store delivered late, or what could not be read when it came. */
@Injectable()
@ScheduledJob('delivery.read_late_access_log', { everyS: 3600 })
export class ReadLateAccessLogJob implements JobRun {
  constructor(private readonly reader: AccessLogReader) {}

  async run(_payload: unknown, help: JobHelp): Promise<void> {
    await this.reader.readNew(help.ctx, SECOND_LOOK_BACK_MS, help.signal);
  }
}
