import { Global, Inject, Module } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Settings } from '@app/config';
import { ObjectStore } from './object-store.js';
import { storageSettings } from './storage.config.js';

/** Token of the {@link ObjectStore} whose bucket receives the access log. */
export const LOG_STORE = Symbol('LOG_STORE');

/** The object store of the settings, for every module of a process. */
@Global()
@Module({
  providers: [
    {
      provide: ObjectStore,
      inject: [Settings],
      useFactory: (settings: Settings) => new ObjectStore(settings.of(storageSettings)),
    },
    {
      provide: LOG_STORE,
      inject: [Settings],
      useFactory: (settings: Settings) => {
        const { logBucket, ...rest } = settings.of(storageSettings);
        return new ObjectStore({ ...rest, bucket: logBucket });
      },
    },
  ],
  exports: [ObjectStore, LOG_STORE],
})
export class StorageModule implements OnApplicationShutdown {
  constructor(
    private readonly store: ObjectStore,
    @Inject(LOG_STORE) private readonly logStore: ObjectStore,
  ) {}

  onApplicationShutdown(): void {
    this.store.close();
    this.logStore.close();
  }
}
