import { Injectable } from '@nestjs/common';
import { Database, isMigrated } from '@app/database';
import { systemContext } from '@app/kernel';
import { ObjectStore } from '@app/storage';

export interface Readiness {
  readonly database: boolean;
  readonly store: boolean;
  readonly migrations: boolean;
}

@Injectable()
export class HealthService {
  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
  ) {}

  /** What this process needs, asked of each afresh. */
  async readiness(): Promise<Readiness> {
    const isUp = (check: Promise<unknown>): Promise<boolean> => check.then(Boolean, () => false);
    const [database, store, migrations] = await Promise.all([
      isUp(this.database.query(systemContext('health'), 'select 1')),
      isUp(this.store.ready()),
      isUp(isMigrated(this.database.dataSource)),
    ]);
    return { database, store, migrations };
  }
}
