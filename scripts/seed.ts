import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { processEnvironment } from '@app/config';
import { ensureDemoAccounts } from './demo-accounts.js';
import { demoSchema } from './demo-file.js';
import type { DemoFile } from './demo-file.js';
import { Home, writePrivate } from './home.js';
import { stockShelf } from './stock-shelf.js';

/** Demo accounts and the sample shelf, made once; running it again changes nothing. Needs a running API and worker. */
const env = processEnvironment();
const home = new Home(env['BODEGA_HOME']);
const url = env['PUBLIC_URL'] || `http://127.0.0.1:${env['PORT'] || '3000'}`;

// Whoever started us has ended, or wants us to: an upload that went on alone would meet the next start's.
const stopped = new AbortController();
for (const event of ['disconnect', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(event, () => stopped.abort());
stopped.signal.addEventListener('abort', () => setImmediate(() => process.exit(1)));

async function knownDemo(): Promise<DemoFile | null> {
  const text = await readFile(home.file('demo.json'), 'utf8').catch(() => null);
  return text === null ? null : demoSchema.parse(JSON.parse(text));
}

await home.prepare();
const known = await knownDemo();
const accounts = await ensureDemoAccounts(known?.accounts ?? []);
const demo: DemoFile = { url, graphqlUrl: `${url}/graphql`, accounts };
await writePrivate(home.file('demo.json'), `${JSON.stringify(demo, null, 2)}\n`);
await stockShelf(demo, (line) => void process.stderr.write(`${line}\n`), stopped.signal);
process.exit(0);
