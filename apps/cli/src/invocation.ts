import { BodegaClient } from '@app/client';
import type { LocalizedText } from '@app/client';
import type { Environment } from './environment.js';
import type { SavedLogins } from './session/saved-logins.js';
import { Session, USER_AGENT } from './session/session.js';
import { Progress } from './terminal/progress.js';
import type { ProgressStream } from './terminal/progress.js';
import { formatTable } from './terminal/table.js';
import { withoutControls } from './terminal/text-width.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly endpoint?: string;
  readonly apiKey?: string;
}

export interface Streams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
}

/** One run of a command: who asks whom, where words go, and when to stop. */
export class Invocation {
  private answered = false;

  constructor(
    private readonly options: CommonOptions,
    readonly environment: Environment,
    readonly logins: SavedLogins,
    readonly streams: Streams,
    readonly signal: AbortSignal,
  ) {}

  session(): Promise<Session> {
    return Session.open(this.options, this.environment, this.logins);
  }

  async client(): Promise<BodegaClient> {
    return (await this.session()).client();
  }

  async accountClient(): Promise<BodegaClient> {
    return (await this.session()).accountClient();
  }

  /** A client that carries no credential, whatever the environment holds. */
  anonymousClient(endpoint: string): BodegaClient {
    return new BodegaClient({ endpoint, userAgent: USER_AGENT });
  }

  /** The key that was passed on the command line itself. */
  get apiKeyFlag(): string | undefined {
    return this.options.apiKey;
  }

  /** The answer: one JSON object with `--json`, words for people without. */
  result(json: Readonly<Record<string, unknown>>, text: () => string): void {
    this.answered = true;
    this.streams.stdout.write(this.options.json ? `${JSON.stringify(json)}\n` : `${withoutControls(text())}\n`);
  }

  /** Whether the answer was given; a failure after it adds no second object. */
  get hasAnswered(): boolean {
    return this.answered;
  }

  /** A line beside the answer. */
  note(text: string): void {
    this.streams.stderr.write(`${withoutControls(text)}\n`);
  }

  progress(label: string): Progress {
    return new Progress(this.streams.stderr, label);
  }

  table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
    const clean = rows.map((row) => row.map((cell) => withoutControls(cell.replace(/\s+/g, ' '))));
    return formatTable(headings, clean, this.streams.stdout.isTTY ? (this.streams.stdout.columns ?? 80) : null);
  }

  /** A bilingual text in the reader's language, or in the other when that is all there is. */
  words(text: LocalizedText | null | undefined): string {
    const { zh, en } = text ?? { zh: null, en: null };
    return (this.environment.language === 'zh' ? (zh ?? en) : (en ?? zh)) ?? '';
  }
}
