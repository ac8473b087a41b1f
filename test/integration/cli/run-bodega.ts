import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../../apps/cli/bin/bodega.mjs', import.meta.url));

export interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as the one JSON object that `--json` promises. */
  json(): Record<string, unknown>;
}

export interface RunningBodega {
  readonly child: ChildProcess;
  readonly ended: Promise<Run>;
}

export interface BodegaOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly input?: string;
}

/** Starts the real command line in its own process, far from the repository, with nothing of ours in its environment. */
export function startBodega(args: readonly string[], options: BodegaOptions = {}): RunningBodega {
  const { BODEGA_ENDPOINT: _e, BODEGA_API_KEY: _k, HF_TOKEN: _t, ...env } = process.env;
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...env, XDG_CONFIG_HOME: '/nonexistent/bodega-test', ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => {
      resolve({ exitCode, stdout, stderr, json: () => JSON.parse(stdout) as Record<string, unknown> });
    });
  });
  return { child, ended };
}

export function runBodega(args: readonly string[], options: BodegaOptions = {}): Promise<Run> {
  return startBodega(args, options).ended;
}
