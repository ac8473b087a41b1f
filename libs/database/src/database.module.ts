import { Global, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Settings } from '@app/config';
import { createDataSource } from './data-source.js';
import { Database } from './database.js';
import { databaseSettings } from './database.config.js';
import { Notices } from './notices.js';

/** Connection, transactions and notices, for every module of a process. */
@Global()
@Module({
  providers: [
    {
      provide: DataSource,
      inject: [Settings],
      useFactory: (settings: Settings) => {
        const { url, poolSize } = settings.of(databaseSettings);
        return createDataSource(url, poolSize).initialize();
      },
    },
    Database,
    Notices,
  ],
  exports: [Database, Notices],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly dataSource: DataSource) {}

  async onApplicationShutdown(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}
