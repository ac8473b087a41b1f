import { Injectable, Module } from '@nestjs/common';
import { Database } from '@app/database';
import { JobFollower, JobHandler, JobsModule, JobsWorkerModule, ScheduledJob } from '@app/jobs';
import type { JobFailed, JobFailure, JobHelp, JobRun } from '@app/jobs';
import { setTimeout as delay } from 'node:timers/promises';

/** What the handlers of these tests leave behind, so that also runs in other processes can be seen. */
export const RUNS_TABLE = `create table runs (
  id bigint generated always as identity primary key, pid int not null, name text not null, what text not null, at timestamptz default clock_timestamp()
)`;

async function note(database: Database, help: Pick<JobHelp, 'ctx'>, name: string, what: string): Promise<void> {
  await database.query(help.ctx, 'insert into runs (pid, name, what) values ($1, $2, $3)', [process.pid, name, what]);
}

/** Runs until the row of `gates` with its name is there: a test decides when it ends. */
@Injectable()
@JobHandler('test.gated')
export class GatedJob implements JobRun {
  constructor(private readonly database: Database) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    const { gate } = payload as { gate: string };
    await note(this.database, help, gate, `start ${help.attempt}`);
    for (;;) {
      const open = await this.database.query(help.ctx, 'select from gates where name = $1', [gate]);
      if (open.length) break;
      await delay(10, undefined, { signal: help.signal });
    }
    await note(this.database, help, gate, `done ${help.attempt}`);
  }
}

/** Fails as long as it is told to. */
@Injectable()
@JobHandler('test.failing')
export class FailingJob implements JobRun, JobFailed {
  constructor(private readonly database: Database) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    const { failures } = payload as { failures: number };
    await note(this.database, help, 'failing', `try ${help.attempt} of ${help.maxAttempts}`);
    if (help.attempt <= failures) throw new Error(`failure ${help.attempt}`);
  }

  async onJobFailed(payload: unknown, failure: JobFailure): Promise<void> {
    await note(this.database, failure, 'failing', `given up: ${failure.error} ${JSON.stringify(payload)}`);
  }
}

/** Follows news faithfully. */
@Injectable()
@JobFollower('test.news', 'test.reader')
export class ReaderJob implements JobRun {
  constructor(private readonly database: Database) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    await note(this.database, help, 'reader', `${(payload as { headline: string }).headline}, try ${help.attempt}`);
  }
}

/** Follows the same news, and stumbles at first. */
@Injectable()
@JobFollower('test.news', 'test.stumbler')
export class StumblerJob implements JobRun {
  constructor(private readonly database: Database) {}

  async run(payload: unknown, help: JobHelp): Promise<void> {
    await note(this.database, help, 'stumbler', `${(payload as { headline: string }).headline}, try ${help.attempt}`);
    if (help.attempt === 1) throw new Error('stumbled');
  }
}

/** Recurring work that takes longer than its pause. */
@Injectable()
@ScheduledJob('test.tick', { everyS: 0.02 })
export class TickJob implements JobRun {
  constructor(private readonly database: Database) {}

  async run(_payload: unknown, help: JobHelp): Promise<void> {
    await note(this.database, help, 'tick', 'start');
    await delay(30);
    await note(this.database, help, 'tick', 'end');
  }
}

@Module({ imports: [JobsModule, JobsWorkerModule], providers: [GatedJob, FailingJob, ReaderJob, StumblerJob] })
export class WorkModule {}

@Module({ imports: [JobsModule, JobsWorkerModule], providers: [TickJob] })
export class TickModule {}
