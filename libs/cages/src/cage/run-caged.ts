import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { processEnvironment } from '@app/kernel';
import { endsWithParent } from '../tools/wrappers.js';
import { CageFailed, CageLimitExceeded } from './cage.errors.js';
import { endFamily, rssOfFamily } from './process-tree.js';
import type { CageAnswer, CageSaying } from './protocol.js';

const WATCH_MS = 50;
const STDERR_KEPT = 4_000;
/** 512 MB of WASM memory: no heap limit of V8 counts it. Enough for HDF5 and SQLite. */
const WASM_PAGES = 8_192;

/** What one piece of caged work may use. */
export interface CageLimits {
  readonly wallMs: number;
  /** Resident memory of the child and of everything that it starts. */
  readonly rssBytes: number;
  /** JavaScript heap of the child, MB. */
  readonly heapMb: number;
}

export interface CagedWork<Order, Message> {
  /** Program of the child, see `entryBeside`. */
  readonly entry: URL;
  /** What it is told; anything that structured clone can carry. */
  readonly order: Order;
  readonly limits: CageLimits;
  /** Awaited before the child goes on. What it throws ends the child, and is thrown on. */
  readonly onMessage: (message: Message) => Promise<void> | void;
  readonly signal: AbortSignal;
}

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Program of a child that lies beside its caller, as source or built: `entryBeside(import.meta.url, 'measure.child')`. */
export function entryBeside(caller: string, name: string): URL {
  return new URL(`./${name}${caller.endsWith('.ts') ? '.ts' : '.js'}`, caller);
}

async function start(entry: URL, heapMb: number): Promise<ChildProcess> {
  const options = [
    `--max-old-space-size=${heapMb}`,
    `--wasm-max-mem-pages=${WASM_PAGES}`,
    '--no-warnings',
    ...(entry.pathname.endsWith('.ts') ? ['--import=#typescript'] : []),
  ];
  const [execPath = process.execPath, ...execArgv] = [...(await endsWithParent()), process.execPath, ...options];
  return fork(fileURLToPath(entry), [], {
    cwd: root,
    // The child needs nothing of ours: no database, no keys.
    env: { PATH: processEnvironment()['PATH'], TZ: 'UTC' },
    execPath,
    execArgv,
    detached: true,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

/**
 * Does work on untrusted bytes in a process of its own, with caps on memory and time. A hostile file costs one piece of work,
 * never the caller. When this returns or throws, the child and everything that it started are gone.
 *
 * @throws CageLimitExceeded, CageFailed, the signal's reason, or what `onMessage` threw
 */
export async function runCaged<Order, Message>(work: CagedWork<Order, Message>): Promise<void> {
  const { limits } = work;
  work.signal.throwIfAborted();
  const child = await start(work.entry, limits.heapMb);
  const pid = child.pid;
  let reason: Error | null = null;
  let errors = '';
  let isEnding = false;
  const end = (why: unknown): void => {
    reason ??= why instanceof Error ? why : new Error(String(why));
    if (isEnding || pid === undefined) return;
    isEnding = true;
    endFamily(pid);
  };
  const exceed = (what: string): void => end(new CageLimitExceeded(what));

  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-STDERR_KEPT);
  });
  const clock = setTimeout(() => exceed(`took longer than ${Math.round(limits.wallMs / 1000)} s`), limits.wallMs);
  const watch = setInterval(() => {
    if (pid !== undefined && rssOfFamily(pid) > limits.rssBytes)
      exceed(`needed more than ${Math.round(limits.rssBytes / 2 ** 20)} MB of memory`);
  }, WATCH_MS);
  const onAbort = (): void => end(work.signal.reason);
  work.signal.addEventListener('abort', onAbort);
  // Aborted while the child was being started.
  if (work.signal.aborted) onAbort();
  try {
    await new Promise<void>((resolve, reject) => {
      let isDone = false;
      let isBusy = false;
      const goOn = (): void => {
        isBusy = false;
        if (child.connected) child.send({ kind: 'go-on' } satisfies CageAnswer, () => undefined);
      };
      const hear = async (saying: CageSaying<Message>): Promise<void> => {
        // A child that does not wait for its answers would fill our memory.
        if (isBusy) return end(new CageFailed('The work spoke out of turn.'));
        isBusy = true;
        if (saying.kind === 'failed') return end(new CageFailed(saying.message));
        if (saying.kind === 'end') isDone = reason === null;
        else await work.onMessage(saying.message);
        goOn();
      };
      child.on('error', reject);
      child.on('message', (raw) => void hear(raw as CageSaying<Message>).catch(end));
      child.on('close', (code, killedBy) => {
        if (isDone) resolve();
        else if (reason) reject(reason);
        else if (/heap out of memory/.test(errors))
          reject(new CageLimitExceeded(`needed more than ${limits.heapMb} MB of heap`));
        else reject(new CageFailed(`The work ended with ${killedBy ?? code}: ${errors.trim().split('\n').at(-1)}`));
      });
      child.send(work.order as object, (error) => {
        // The reason why it is gone comes with `close`.
        if (error && child.exitCode === null && child.signalCode === null) end(error);
      });
    });
  } finally {
    clearTimeout(clock);
    clearInterval(watch);
    work.signal.removeEventListener('abort', onAbort);
    if (pid !== undefined) endFamily(pid);
  }
}
