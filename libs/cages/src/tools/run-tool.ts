import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { processEnvironment } from '@app/kernel';
import { endFamily } from '../cage/process-tree.js';
import { endsWithParent, prlimitPath } from './wrappers.js';

const OUTPUT_BYTES = 1 << 20;
const STDERR_KEPT = 16_000;
const OPEN_FILES = 64;

/** What a tool may use. Kernel limits hold where `prlimit` exists; the wall clock holds everywhere. */
export interface ToolLimits {
  readonly wallMs: number;
  /** Address space, not resident memory: shared libraries alone take 400 MB of it. */
  readonly memoryBytes?: number;
  readonly cpuS?: number;
  /** Largest file that it may write. */
  readonly fileBytes?: number;
  /** Most that it may say on stdout; 1 MB unless said otherwise. What it says on stderr is kept from the end. */
  readonly maxOutputBytes?: number;
}

export interface ToolOptions extends ToolLimits {
  readonly stdin?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
  /** Folder that it runs in; `/` unless said otherwise. */
  readonly cwd?: string;
}

/** Why a tool did not end by itself. `signal`: by a signal of another's, such as a crash or the system being out of memory. */
export type ToolEnd = 'time' | 'cpu' | 'output' | 'signal';

export interface ToolResult {
  /** Null where it was killed. */
  readonly code: number | null;
  readonly killedBy: ToolEnd | null;
  readonly stdout: Buffer;
  /** The last 16 kB. */
  readonly stderr: string;
}

async function commandLine(command: string, args: readonly string[], limits: ToolLimits): Promise<string[]> {
  const prlimit = await prlimitPath();
  const wrapper = await endsWithParent();
  if (prlimit === null) return [...wrapper, command, ...args];
  const caps = [
    '--core=0',
    `--nofile=${OPEN_FILES}`,
    ...(limits.memoryBytes === undefined ? [] : [`--as=${Math.round(limits.memoryBytes)}`]),
    ...(limits.cpuS === undefined ? [] : [`--cpu=${Math.ceil(limits.cpuS)}`]),
    ...(limits.fileBytes === undefined ? [] : [`--fsize=${Math.round(limits.fileBytes)}`]),
  ];
  return [...wrapper, prlimit, ...caps, command, ...args];
}

/** Feeds a tool. One that closes its ear early is no error here: its exit says why. */
async function feed({ stdin }: ChildProcessWithoutNullStreams, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  const hasRoom = (): Promise<void> =>
    new Promise((resolve) => {
      const onRoom = (): void => {
        stdin.off('drain', onRoom).off('close', onRoom);
        resolve();
      };
      stdin.on('drain', onRoom).on('close', onRoom);
    });
  for await (const chunk of bytes) {
    if (!stdin.writable) return;
    if (!stdin.write(chunk)) await hasRoom();
  }
  stdin.end();
}

/**
 * Runs a program under limits, in a process group of its own, with nothing of our environment. When this returns or throws,
 * the program and everything that it started are gone; it also goes when this process is killed.
 *
 * @throws the signal's reason, what `stdin` threw, or the system's error where the program cannot be started
 */
export async function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolResult> {
  options.signal?.throwIfAborted();
  const [program = command, ...rest] = await commandLine(command, args, options);
  const tool = spawn(program, rest, {
    cwd: options.cwd ?? '/',
    env: { PATH: processEnvironment()['PATH'], TZ: 'UTC', LC_ALL: 'C' },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const pid = tool.pid;
  let killedBy: ToolEnd | null = null;
  let failure: { error: unknown } | null = null;
  let isEnding = false;
  const end = (): void => {
    if (isEnding || pid === undefined) return;
    isEnding = true;
    void endFamily(pid);
  };
  const kill = (why: ToolEnd): void => {
    killedBy ??= why;
    end();
  };
  const fail = (error: unknown): void => {
    failure ??= { error };
    end();
  };

  const stdout: Buffer[] = [];
  const maxOutputBytes = options.maxOutputBytes ?? OUTPUT_BYTES;
  let outputBytes = 0;
  let stderr = '';
  tool.stdout.on('data', (chunk: Buffer) => {
    outputBytes += chunk.length;
    if (outputBytes > maxOutputBytes) kill('output');
    else stdout.push(chunk);
  });
  tool.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  const clock = setTimeout(() => kill('time'), options.wallMs);
  const onAbort = (): void => fail(options.signal?.reason);
  options.signal?.addEventListener('abort', onAbort);
  if (options.signal?.aborted) onAbort();
  try {
    const closed = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
      tool.on('error', reject);
      tool.on('close', (code, signal) => resolve({ code, signal }));
    });
    tool.stdin.on('error', () => undefined);
    const fed = options.stdin ? feed(tool, options.stdin).catch(fail) : tool.stdin.end();
    const { code, signal } = await closed;
    await fed;
    const failed = failure as { error: unknown } | null;
    if (failed) throw failed.error;
    // The kernel ends a program that overran --cpu with SIGKILL.
    const byKernel = signal === null ? null : signal === 'SIGKILL' && options.cpuS !== undefined ? 'cpu' : 'signal';
    return { code, killedBy: killedBy ?? byKernel, stdout: Buffer.concat(stdout), stderr };
  } finally {
    clearTimeout(clock);
    options.signal?.removeEventListener('abort', onAbort);
    if (pid !== undefined) await endFamily(pid);
  }
}
