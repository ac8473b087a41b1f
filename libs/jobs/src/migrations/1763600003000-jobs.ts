import { runMigrations } from 'graphile-worker';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { quietLogger } from '../runner/worker-logger.js';

/**
 * The queue's own schema, `graphile_worker`. The queue's package owns its tables and brings them up to date itself, over a
 * connection of its own because each of its steps is a transaction; running it here gives every process, also one that
 * only enqueues, the schema before it starts.
 */
export class Jobs1763600003000 implements MigrationInterface {
  name = 'Jobs1763600003000';

  async up(runner: QueryRunner): Promise<void> {
    const { options } = runner.connection;
    if (options.type !== 'postgres' || !options.url) throw new Error('The queue needs the URL of its database.');
    await runMigrations({ connectionString: options.url, maxPoolSize: 1, logger: quietLogger });
  }

  async down(): Promise<void> {
    throw new Error('Migrations go forward only.');
  }
}
