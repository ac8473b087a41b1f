import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule, AuditWorkerModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { JobsModule } from '@app/jobs';
import { NO_STORE } from './environment.js';

/** The sequencer in a process of its own, as the worker has it. Argument: database URL. It ends with its input. */
const [, , databaseUrl = ''] = process.argv;

@Module({
  imports: [
    ConfigModule.forRoot({ environment: { DATABASE_URL: databaseUrl, ...NO_STORE } }),
    DatabaseModule,
    JobsModule,
    AuditModule,
    AuditWorkerModule,
  ],
})
class SequencerModule {}

const app = await NestFactory.createApplicationContext(SequencerModule, { logger: ['error', 'fatal'] });
process.send?.('ready');
process.once('disconnect', () => void app.close().then(() => process.exit(0)));
