import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const knownSchema = z.object({
  v: z.literal(1),
  logs: z.record(z.string(), z.object({ keys: z.array(z.string()).min(1), checkpoint: z.string() })),
});

/** What this machine knows of a market's log. */
export interface KnownLog {
  /** Verifier keys that it trusts. */
  readonly keys: readonly string[];
  /** The newest checkpoint that it verified, as a signed note. */
  readonly checkpoint: string;
}

/** The logs that this machine has verified, by address of the market: the memory that makes a rewritten log show. */
export class KnownLogs {
  private readonly path: string;

  constructor(private readonly configDir: string) {
    this.path = join(configDir, 'known-logs.json');
  }

  /** Null when this machine never verified it. */
  async of(endpoint: string): Promise<KnownLog | null> {
    const logs = await this.read();
    return Object.hasOwn(logs, endpoint) ? (logs[endpoint] ?? null) : null;
  }

  async keep(endpoint: string, { keys, checkpoint }: KnownLog): Promise<void> {
    const logs = { ...(await this.read()), [endpoint]: { keys: [...keys], checkpoint } };
    await mkdir(this.configDir, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}.tmp`;
    await writeFile(draft, `${JSON.stringify({ v: 1, logs }, null, 2)}\n`);
    await rename(draft, this.path);
  }

  private async read(): Promise<z.infer<typeof knownSchema>['logs']> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : null;
      if (code === 'ENOENT' || code === 'ENOTDIR') return null;
      throw error;
    });
    // A damaged file must not pass for "never verified": that would forget what a rewritten log is found by.
    return text === null ? {} : knownSchema.parse(JSON.parse(text)).logs;
  }
}
