import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ofProcess } from './process-use.js';
import { allProcesses, eventually, freePorts, gone, signal } from './processes.js';
import type { SeenProcess } from './processes.js';

export const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

const OPEN_MS = 180_000;

export interface DemoAccount {
  readonly role: string;
  readonly organization: string;
  readonly email: string;
  readonly password: string;
  readonly apiKey: string;
}

export interface Demo {
  readonly url: string;
  readonly graphqlUrl: string;
  readonly accounts: readonly DemoAccount[];
}

/** What one run of `npm start` said, and how it ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The folder and ports of a market that tests start and stop as a person would, with `npm start`. */
export class MarketHome {
  private readonly runs: StartedMarket[] = [];
  private isRemoved = false;

  private constructor(
    readonly folder: string,
    readonly port: number,
    readonly storePort: number,
  ) {}

  static async create(): Promise<MarketHome> {
    const folder = await mkdtemp(join(tmpdir(), 'bodega-start-'));
    // Postgres runs as nobody when the tests run as root, and must be able to pass through.
    await chmod(folder, 0o755);
    const [port, storePort] = await freePorts(2);
    return new MarketHome(folder, port ?? 0, storePort ?? 0);
  }

  get state(): string {
    return join(this.folder, 'state');
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** What `npm start` is told; nothing of the test's own environment reaches it. */
  get environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      HOME: this.folder,
      BODEGA_HOME: this.state,
      PORT: String(this.port),
      S3_PORT: String(this.storePort),
      npm_config_update_notifier: 'false',
    };
  }

  start(change: Readonly<Record<string, string>> = {}): StartedMarket {
    // A test that ran out of time goes on behind the back of the next; it must not leave a market behind.
    if (this.isRemoved) throw new Error('This home is gone.');
    const run = new StartedMarket(this, { ...this.environment, ...change });
    this.runs.push(run);
    return run;
  }

  async demo(): Promise<Demo> {
    return JSON.parse(await readFile(join(this.state, 'demo.json'), 'utf8')) as Demo;
  }

  async apiKeyOf(role: string): Promise<string> {
    const account = (await this.demo()).accounts.find((one) => one.role === role);
    if (!account) throw new Error(`demo.json has no ${role}.`);
    return account.apiKey;
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- shapes differ by test
  async must(query: string, apiKey?: string): Promise<any> {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(apiKey && { authorization: `Bearer ${apiKey}` }) },
      body: JSON.stringify({ query }),
    });
    const { data, errors } = (await response.json()) as { data?: unknown; errors?: unknown };
    if (errors !== undefined || data === undefined) throw new Error(`${query}: ${JSON.stringify(errors)}`);
    return data;
  }

  /** Whatever lives of this home: programs that were told of it, and those that work inside it. */
  processes(): SeenProcess[] {
    const all = allProcesses();
    const mine = new Set<number>();
    for (const { pid } of all) {
      const environment = ofProcess(pid, 'environ');
      const works = workingFolderOf(pid);
      if (environment.split('\0').includes(`BODEGA_HOME=${this.state}`) || works.startsWith(this.folder)) mine.add(pid);
    }
    // The cage of the worker is told nothing; its parent gives it away.
    for (let size = -1; size !== mine.size;) {
      size = mine.size;
      for (const { pid, parent } of all) if (mine.has(parent)) mine.add(pid);
    }
    return all.filter(({ pid }) => mine.has(pid));
  }

  /** Stops everything in its tracks first, so that nothing is born while it is killed; then kills with -9. */
  async killAll(): Promise<number> {
    const frozen = new Map<number, SeenProcess>();
    for (let size = -1; size !== frozen.size;) {
      size = frozen.size;
      for (const one of this.processes()) {
        if (!frozen.has(one.pid)) signal(one.pid, 'SIGSTOP');
        frozen.set(one.pid, one);
      }
    }
    for (const pid of frozen.keys()) signal(pid, 'SIGKILL');
    await gone([...frozen.values()]);
    return frozen.size;
  }

  async remove(): Promise<void> {
    this.isRemoved = true;
    await this.killAll();
    await Promise.all(this.runs.map((run) => run.ended()));
    await rm(this.folder, { recursive: true, force: true });
  }
}

function workingFolderOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It ended while we looked, or is another user's.
    return '';
  }
}

/** One run of `npm start`, in a process group of its own, as a terminal gives it. */
export class StartedMarket {
  stdout = '';
  stderr = '';
  private readonly npm: ChildProcess;
  private readonly ending: Promise<Ending>;

  constructor(
    readonly home: MarketHome,
    environment: Readonly<Record<string, string>>,
  ) {
    this.npm = spawn('npm', ['start'], {
      cwd: REPOSITORY,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.npm.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.npm.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ending = once(this.npm, 'exit').then(([code, killedBy]) => ({
      code: code as number | null,
      signal: killedBy as NodeJS.Signals | null,
    }));
  }

  /** Until the welcome is printed. @throws when the run ends before, with what it said */
  async opened(): Promise<this> {
    await this.said('stdout', /Ctrl-C stops everything/);
    return this;
  }

  async said(stream: 'stdout' | 'stderr', pattern: RegExp): Promise<void> {
    const hasSaid = await eventually(
      () => pattern.test(this[stream]) || (this.npm.exitCode === null && this.npm.signalCode === null ? null : 'ended'),
      () => `npm start did not say ${String(pattern)}: ${this.stdout}${this.stderr}`,
      OPEN_MS,
    );
    if (hasSaid === 'ended') {
      throw new Error(`npm start ended before it said ${String(pattern)}: ${this.stdout}${this.stderr}`);
    }
  }

  ended(): Promise<Ending> {
    return this.ending;
  }

  /** What Ctrl-C does: the signal goes to the whole group. */
  async interrupt(): Promise<Ending> {
    signal(-(this.npm.pid ?? 0), 'SIGINT');
    return this.ending;
  }

  /** What a service manager does: the program that holds everything together, alone, is told to end. */
  async terminate(): Promise<Ending> {
    signal(await this.supervisor(), 'SIGTERM');
    return this.ending;
  }

  /** Kills the program that holds everything together, and nothing else. Returns what ran before. */
  async killSupervisor(): Promise<SeenProcess[]> {
    const before = this.home.processes();
    signal(await this.supervisor(), 'SIGKILL');
    await eventually(
      () => this.npm.exitCode !== null || this.npm.signalCode !== null,
      () => `npm did not notice that its program was killed (${before.map(({ command }) => command).join('; ')})`,
    );
    return before;
  }

  private async supervisor(): Promise<number> {
    const candidates = this.home.processes().filter(({ command }) => /^\S*node .*scripts\/start\.ts$/.test(command));
    const [found] = candidates;
    if (!found || candidates.length > 1) throw new Error(`Found ${candidates.length} programs that hold a market.`);
    return found.pid;
  }
}
