import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '@app/config';
import type { EpisodeFact } from '@app/formats';
import type { MeasureAck, MeasureMessage, MeasureOrder } from './ingest.types.js';

const WATCH_MS = 50;
const RSS_CAP_BYTES = 600 * 2 ** 20;
const HEAP_CAP_MB = 256;
const STDERR_KEPT = 4_000;

export interface CageLimits {
  readonly wallMs: number;
}

export type Measured = Extract<MeasureMessage, { kind: 'done' }>;

/** The reader overran a limit: the input is to blame, and trying again would end the same. */
export class CageLimitExceeded extends Error {}

/** The reader died or lost the store: trying again may help. */
export class CageFailed extends Error {}

const isSource = import.meta.url.endsWith('.ts');
const entry = fileURLToPath(new URL(isSource ? './measure.child.ts' : './measure.child.js', import.meta.url));
const root = fileURLToPath(new URL('../../../../', import.meta.url));

function start(): ChildProcess {
  return fork(entry, [], {
    cwd: root,
    // The child needs nothing of ours: no database, no keys.
    env: { PATH: processEnvironment()['PATH'], TZ: 'UTC' },
    execArgv: [
      `--max-old-space-size=${HEAP_CAP_MB}`,
      '--wasm-max-mem-pages=8192',
      '--no-warnings',
      ...(isSource ? ['--import=@swc-node/register/esm-register'] : []),
    ],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

async function rssOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

/**
 * Measures untrusted bytes in a process of its own, with caps on memory and time. A hostile file costs one job, never the
 * worker. @throws CageLimitExceeded, CageFailed
 */
export async function measureInCage(
  order: MeasureOrder,
  limits: CageLimits,
  onEpisodes: (episodes: readonly EpisodeFact[]) => Promise<void>,
  signal: AbortSignal,
): Promise<Measured> {
  const child = start();
  let limit: string | null = null;
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_KEPT);
  });
  const kill = (reason: string): void => {
    limit ??= reason;
    child.kill('SIGKILL');
  };
  const clock = setTimeout(() => kill(`took longer than ${Math.round(limits.wallMs / 1000)} s`), limits.wallMs);
  const watch = setInterval(() => {
    if (child.pid === undefined) return;
    void rssOf(child.pid).then((rss) => {
      if (rss > RSS_CAP_BYTES) kill(`needed more than ${RSS_CAP_BYTES >> 20} MB of memory`);
    });
  }, WATCH_MS);
  const onAbort = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', onAbort);
  try {
    return await new Promise<Measured>((resolve, reject) => {
      let done: Measured | null = null;
      child.on('error', reject);
      child.on('message', (raw) => {
        const message = raw as MeasureMessage;
        if (message.kind === 'done') done = message;
        else if (message.kind === 'unreadable') errors = message.message;
        else if (message.kind === 'episodes') {
          onEpisodes(message.episodes).then(
            () => child.connected && child.send({ kind: 'go-on' } satisfies MeasureAck),
            (error: unknown) => {
              child.kill('SIGKILL');
              reject(error instanceof Error ? error : new Error(String(error)));
            },
          );
        }
      });
      child.on('close', (code, killedBy) => {
        if (done) resolve(done);
        else if (limit) reject(new CageLimitExceeded(limit));
        else if (/heap out of memory/.test(errors))
          reject(new CageLimitExceeded(`needed more than ${HEAP_CAP_MB} MB of heap`));
        else
          reject(
            new CageFailed(`The reader ended with ${killedBy ?? code}: ${errors.trim().split('\n').at(-1) ?? ''}`),
          );
      });
      child.send(order);
    });
  } finally {
    clearTimeout(clock);
    clearInterval(watch);
    signal.removeEventListener('abort', onAbort);
    child.kill('SIGKILL');
  }
}
