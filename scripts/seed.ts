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

async function knownDemo(): Promise<DemoFile | null> {
  const text = await readFile(home.file('demo.json'), 'utf8').catch(() => null);
  return text === null ? null : demoSchema.parse(JSON.parse(text));
}

await home.prepare();
const known = await knownDemo();
const accounts = await ensureDemoAccounts(known?.accounts ?? []);
const demo: DemoFile = { url, graphqlUrl: `${url}/graphql`, accounts };
await writePrivate(home.file('demo.json'), `${JSON.stringify(demo, null, 2)}\n`);
await stockShelf(demo, (line) => void process.stderr.write(`${line}\n`));
process.exit(0);
