import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { processEnvironment } from '@app/kernel';
import type { Environment } from '@app/kernel';
import { ensureDemoAccounts } from './demo-accounts.js';
import { demoSchema } from './demo-file.js';
import type { DemoFile } from './demo-file.js';
import { Home, writePrivate } from './home.js';
import { stockShelf } from './stock-shelf.js';

/**
 * Demo accounts and the sample shelf, made once; running it again changes nothing. `npm start` runs it; by hand it finds the
 * running market through what `npm start` left in its folder, or through the settings of real services.
 */
const home = new Home(processEnvironment()['BODEGA_HOME']);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

// Whoever started us has ended, or wants us to: an upload that went on alone would meet the next start's.
const stopped = new AbortController();
for (const event of ['disconnect', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(event, () => stopped.abort());
stopped.signal.addEventListener('abort', () => setImmediate(() => process.exit(1)));

async function marketEnvironment(): Promise<Environment> {
  const env = processEnvironment();
  const left = env['DATABASE_URL'] ? null : await readFile(home.file('services.json'), 'utf8').catch(() => null);
  return left === null ? env : { ...env, ...(JSON.parse(left) as Record<string, string>) };
}

async function knownDemo(): Promise<DemoFile | null> {
  const text = await readFile(home.file('demo.json'), 'utf8').catch(() => null);
  return text === null ? null : demoSchema.parse(JSON.parse(text));
}

async function seed(): Promise<void> {
  await home.prepare();
  const env = await marketEnvironment();
  const url = env['PUBLIC_URL'] || `http://127.0.0.1:${env['PORT'] || '3000'}`;
  if (
    !(await fetch(`${url}/readyz`).then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    throw new Error(`There is no market ready at ${url}; run "npm start" first.`);
  }
  const known = await knownDemo();
  const accounts = await ensureDemoAccounts(env, known?.accounts ?? []);
  const demo: DemoFile = { url, graphqlUrl: `${url}/graphql`, accounts };
  await writePrivate(home.file('demo.json'), `${JSON.stringify(demo, null, 2)}\n`);
  await stockShelf(demo, say, stopped.signal);
}

try {
  await seed();
  process.exit(0);
} catch (error) {
  if (!stopped.signal.aborted) say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
