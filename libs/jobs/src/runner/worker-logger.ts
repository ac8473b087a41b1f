import type { Logger as NestLogger } from '@nestjs/common';
import { Logger as WorkerLogger } from 'graphile-worker';

/**
 * The queue's log lines in the log of the process. What it calls an error is mostly a job that will be tried again; what
 * nobody tries again is logged by the runner itself.
 */
export function workerLogger(log: NestLogger): WorkerLogger {
  return new WorkerLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') log.warn(message);
    else log.debug(message);
  });
}

/** For one-off work on the schema: silent, because what goes wrong is thrown. */
export const quietLogger = new WorkerLogger(() => () => undefined);
