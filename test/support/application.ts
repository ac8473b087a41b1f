import type { DynamicModule, INestApplicationContext, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import type { Clock, Environment } from '@app/kernel';

export interface ApplicationOptions {
  readonly databaseUrl: string;
  readonly modules: readonly (Type<unknown> | DynamicModule)[];
  readonly environment?: Environment;
  readonly clock?: Clock;
}

@Module({})
class TestApplication {}

/** The given modules over a real database, wired as a process wires them, without a front door. Close it after the suite. */
export async function openApplication(options: ApplicationOptions): Promise<INestApplicationContext> {
  const environment = { DATABASE_URL: options.databaseUrl, ...options.environment };
  const imports = [ConfigModule.forRoot({ environment, clock: options.clock }), DatabaseModule, ...options.modules];
  const application = await NestFactory.createApplicationContext(
    { module: TestApplication, imports },
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  return application;
}
