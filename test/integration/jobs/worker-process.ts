import 'reflect-metadata';
import { openApplication } from '../../support/application.js';
import { TickModule, WorkModule } from './ledger-of-runs.js';

/** A worker in a process of its own, which a test kills. Arguments: database URL, `work` or `tick`. */
const [, , databaseUrl = '', kind = 'work'] = process.argv;
const application = await openApplication({ databaseUrl, modules: [kind === 'tick' ? TickModule : WorkModule] });
application.enableShutdownHooks();
process.stdout.write('ready\n');
