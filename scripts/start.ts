import 'reflect-metadata';
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startObjectStore, startPostgres } from '@app/embedded';
import { DomainError, processEnvironment } from '@app/kernel';
import { Home, writePrivate } from './home.js';
import { printWelcome } from './welcome.js';

/**
 * The whole supermarket on one machine: Postgres and object store in this process (unless real ones are configured), API and
 * worker as its children, the sample shelf loaded once. It holds no rule of the market: it only starts what others are.
 */

const DEFAULT_STORE_PORT = 9000;
const READY_MS = 120_000;
const STOP_MS = 15_000;
/** The API of a market that was killed a moment ago needs a little time to notice and to let go of its port. */
const PORT_PATIENCE_MS = 5_000;
const env = processEnvironment();
const root = fileURLToPath(new URL('..', import.meta.url));
const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Service {
  stop(): Promise<void>;
}

const services: Service[] = [];
const children: { name: string; process: ChildProcess }[] = [];
let starting: Promise<unknown> = Promise.resolve();
let stopping: Promise<void> | null = null;

async function startServices(home: Home): Promise<Record<string, string>> {
  const childEnv: Record<string, string> = {};
  if (!env['DATABASE_URL']) {
    const postgres = await startPostgres({ dataDir: home.file('postgres'), log: say });
    services.push(postgres);
    childEnv['DATABASE_URL'] = postgres.url;
  }
  if (!env['S3_ENDPOINT']) {
    const secrets = await home.secrets();
    const buckets = [env['S3_BUCKET'] || 'bodega', env['S3_LOG_BUCKET'] || 'bodega-logs'] as const;
    const region = env['S3_REGION'] || 'us-east-1';
    const store = await startObjectStore({
      dataDir: home.file('store'),
      port: Number(env['S3_PORT'] || DEFAULT_STORE_PORT),
      region,
      credentials: [{ accessKeyId: secrets.accessKeyId, secretAccessKey: secrets.secretAccessKey }],
      buckets,
      accessLog: { bucket: buckets[1], prefix: 'access/', flushMs: 1_000, flushLines: 10_000 },
      log: say,
    });
    services.push(store);
    Object.assign(childEnv, {
      S3_ENDPOINT: store.url,
      S3_REGION: region,
      S3_BUCKET: buckets[0],
      S3_LOG_BUCKET: buckets[1],
      S3_ACCESS_KEY_ID: secrets.accessKeyId,
      S3_SECRET_ACCESS_KEY: secrets.secretAccessKey,
    });
  }
  return childEnv;
}

/** A child that ends with us, and takes us along when it dies: a market with half its processes is no market. */
function startChild(name: string, entry: string, childEnv: Record<string, string>): ChildProcess {
  const child = fork(fileURLToPath(new URL(entry, import.meta.url)), [], {
    cwd: root,
    env: { ...env, ...childEnv },
    execArgv: ['--enable-source-maps', '--no-warnings', '--import=#typescript'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push({ name, process: child });
  child.on('exit', (code, signal) => {
    if (stopping) return;
    say(`The ${name} ended unexpectedly (${signal ?? code}); stopping the rest.`);
    void stopAll().then(() => process.exit(1));
  });
  return child;
}

/** Asked before the API starts: another market on this port would answer in its place. */
async function waitForPort(port: number): Promise<void> {
  const deadline = Date.now() + PORT_PATIENCE_MS;
  while (!(await isFree(port))) {
    if (stopping) return;
    if (Date.now() > deadline) {
      throw new Error(
        `Port ${port} for the API is taken by another program; stop it, or choose another port with PORT.`,
      );
    }
    await delay(100);
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const isListening = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, env['HOST'] || '127.0.0.1', () => resolve(true));
  });
  if (isListening) await new Promise((resolve) => probe.close(resolve));
  return isListening;
}

async function waitUntilReady(url: string): Promise<void> {
  const deadline = Date.now() + READY_MS;
  while (Date.now() < deadline && !stopping) {
    const isReady = await fetch(`${url}/readyz`).then(
      (r) => r.ok,
      () => false,
    );
    if (isReady) return;
    await delay(100);
  }
  if (!stopping) throw new Error(`The API did not become ready within ${READY_MS / 1000} s.`);
}

function stopAll(): Promise<void> {
  stopping ??= (async () => {
    await Promise.all(
      children.map(async ({ process: child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
        await gone;
        clearTimeout(timer);
      }),
    );
    // Whatever is on its way up must be up before it can be taken down.
    await starting.catch(() => undefined);
    for (const service of services.reverse()) await service.stop();
  })();
  return stopping;
}

async function main(): Promise<void> {
  const home = new Home(env['BODEGA_HOME']);
  await home.prepare();
  const port = env['PORT'] || '3000';
  const url = env['PUBLIC_URL'] || `http://127.0.0.1:${port}`;
  const upcoming = startServices(home);
  starting = upcoming;
  const childEnv: Record<string, string> = {
    ...(await upcoming),
    PORT: port,
    PUBLIC_URL: url,
    BODEGA_HOME: home.path,
    SIGNING_KEY_FILE: env['SIGNING_KEY_FILE'] || (await home.keys('keys')),
    LOG_KEY_FILE: env['LOG_KEY_FILE'] || (await home.keys('log-keys')),
  };
  // For `npm run seed` and whoever else works on this machine's market by hand.
  await writePrivate(home.file('services.json'), JSON.stringify(childEnv, null, 2));
  await waitForPort(Number(port));
  if (stopping) return;
  startChild('API', '../apps/api/src/main.ts', childEnv);
  await waitUntilReady(`http://127.0.0.1:${port}`);
  if (stopping) return;
  startChild('worker', '../apps/worker/src/main.ts', childEnv);
  const seed = startSeed(childEnv);
  const code = await seed;
  if (stopping) return;
  if (code !== 0) throw new Error('The sample shelf could not be loaded; see above. Start again to go on from there.');
  await printWelcome(home, url, childEnv['S3_ENDPOINT'] ?? env['S3_ENDPOINT'] ?? '');
}

async function startSeed(childEnv: Record<string, string>): Promise<number> {
  const seed = fork(fileURLToPath(new URL('./seed.ts', import.meta.url)), [], {
    cwd: root,
    env: { ...env, ...childEnv },
    execArgv: ['--enable-source-maps', '--no-warnings', '--import=#typescript'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.push({ name: 'seed', process: seed });
  const [code] = (await once(seed, 'exit')) as [number | null];
  return code ?? 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    say('Stopping …');
    void stopAll().then(() => process.exit(0));
  });
}

try {
  await main();
} catch (error) {
  say(error instanceof DomainError || error instanceof Error ? error.message : String(error));
  await stopAll();
  process.exit(1);
}
