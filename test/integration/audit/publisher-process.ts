import 'reflect-metadata';
import { AuditWorkerModule } from '@app/audit';
import { openApplication } from '../../support/application.js';

/** A worker that publishes the log in a process of its own, which a test kills. Arguments: database URL, environment as JSON. */
const [, , databaseUrl = '', environment = '{}'] = process.argv;
await openApplication({
  databaseUrl,
  modules: [AuditWorkerModule],
  environment: JSON.parse(environment) as Record<string, string>,
});
process.stdout.write('ready\n');
