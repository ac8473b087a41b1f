import 'reflect-metadata';
import { AuditWorkerModule } from '@app/audit';
import { openApplication } from '../../support/application.js';

/** A sequencer in a process of its own, which a test kills. Argument: database URL. */
const [, , databaseUrl = ''] = process.argv;
await openApplication({
  databaseUrl,
  modules: [AuditWorkerModule],
  // Without a key nothing is published, so nobody calls there.
  environment: { S3_ENDPOINT: 'http://127.0.0.1:9', S3_ACCESS_KEY_ID: 'none', S3_SECRET_ACCESS_KEY: 'none-at-all' },
});
process.stdout.write('ready\n');
