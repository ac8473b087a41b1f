import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';

/** Kinds of recurring looks at the log. */
export type LogCheckName = 'publishing' | 'verification';

/** What the last look of a kind found. */
export interface LogCheck {
  readonly at: Date;
  /** Leaves that it was about. */
  readonly size: number;
  /** Null when all was well. */
  readonly problem: string | null;
}

/** Remembers what the recurring looks at the log found last, for the operator. */
@Injectable()
export class LogChecks {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async keep(ctx: RequestContext, name: LogCheckName, size: number, problem: string | null): Promise<void> {
    await this.database.query(
      ctx,
      `insert into audit_log_checks (name, at, size, problem) values ($1, $2, $3, $4)
       on conflict (name) do update set at = excluded.at, size = excluded.size, problem = excluded.problem`,
      [name, this.clock.now(), size, problem],
    );
  }

  /** Null when there was none yet. */
  async last(ctx: RequestContext, name: LogCheckName): Promise<LogCheck | null> {
    const [row] = await this.database.query<LogCheck & Record<string, unknown>>(
      ctx,
      'select at, size, problem from audit_log_checks where name = $1',
      [name],
    );
    return row ?? null;
  }
}
