import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { Clock, SystemClock, processEnvironment } from '@app/kernel';
import type { Environment } from '@app/kernel';
import { Settings } from './settings.js';

/** Provides `Settings` and `Clock` to every module of a process. */
@Module({})
export class ConfigModule {
  static forRoot(options: { environment?: Environment; clock?: Clock } = {}): DynamicModule {
    const settings = new Settings(options.environment ?? processEnvironment());
    return {
      module: ConfigModule,
      global: true,
      providers: [
        { provide: Settings, useValue: settings },
        { provide: Clock, useValue: options.clock ?? new SystemClock() },
      ],
      exports: [Settings, Clock],
    };
  }
}
