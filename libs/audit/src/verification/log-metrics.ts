import { Injectable } from '@nestjs/common';
import { systemContext } from '@app/kernel';
import { Gauge, register } from 'prom-client';
import type { LogHealthType } from './log-health.graphql.js';
import { LogHealthQueries } from './log-health.queries.js';

const seconds = (at: Date | null): number => (at ? at.getTime() / 1000 : 0);

const GAUGES: readonly [name: string, help: string, read: (health: LogHealthType) => number][] = [
  ['bodega_log_size', 'Leaves in the audit log', ({ size }) => size],
  ['bodega_log_signed_size', 'Leaves that the last signed checkpoint covers', ({ signedSize }) => signedSize],
  [
    'bodega_log_publishing',
    '0 when nothing more is signed',
    ({ publishingProblem }) => Number(publishingProblem === null),
  ],
  ['bodega_log_intact', '0 when the last look found the log broken', ({ isIntact }) => Number(isIntact !== false)],
  [
    'bodega_log_verified_timestamp_seconds',
    'When the whole log was last verified; 0 for never',
    ({ lastVerifiedAt }) => seconds(lastVerifiedAt),
  ],
];

/** The log's health among the metrics of the process, read when somebody asks for them. */
@Injectable()
export class LogMetrics {
  constructor(queries: LogHealthQueries) {
    const ctx = systemContext('audit.metrics');
    for (const [name, help, read] of GAUGES) {
      // One registry per process: whoever starts last is asked.
      register.removeSingleMetric(name);
      new Gauge({
        name,
        help,
        async collect(): Promise<void> {
          // Metrics are asked for most when the database is away; the others must still come.
          const health = await queries.health(ctx).catch(() => null);
          if (health) this.set(read(health));
          else this.reset();
        },
      });
    }
  }
}
