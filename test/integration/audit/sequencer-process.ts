import 'reflect-metadata';
import { AuditWorkerModule } from '@app/audit';
import { openApplication } from '../../support/application.js';

/** A sequencer in a process of its own, which a test kills. Argument: database URL. */
const [, , databaseUrl = ''] = process.argv;
await openApplication({ databaseUrl, modules: [AuditWorkerModule] });
process.stdout.write('ready\n');
