import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const knownSchema = z.object({ v: z.literal(1), issuers: z.record(z.string(), z.array(z.string())) });

/**
 * Keys of the markets that this machine has spoken to, by issuer: a folder that comes from elsewhere brings its own keys,
 * and those prove nothing about who made it.
 */
export class KnownKeys {
  private readonly path: string;

  constructor(private readonly configDir: string) {
    this.path = join(configDir, 'known-keys.json');
  }

  /** Thumbprints known for an issuer; null when this machine never spoke to it. */
  async of(issuer: string): Promise<readonly string[] | null> {
    const issuers = await this.read();
    return Object.hasOwn(issuers, issuer) ? (issuers[issuer] ?? null) : null;
  }

  /**
   * Remembers what a market published at its own address. Another's word about an issuer is not remembered: a market could
   * otherwise pass its keys off as somebody else's.
   */
  async learn(endpoint: string, issuer: string, kids: Iterable<string>): Promise<void> {
    if (endpoint !== issuer) return;
    const issuers = await this.read();
    const known = new Set(Object.hasOwn(issuers, issuer) ? issuers[issuer] : []);
    const before = known.size;
    for (const kid of kids) known.add(kid);
    if (known.size === before) return;
    await mkdir(this.configDir, { recursive: true, mode: 0o700 });
    const draft = `${this.path}.${process.pid}.tmp`;
    await writeFile(draft, `${JSON.stringify({ v: 1, issuers: { ...issuers, [issuer]: [...known] } }, null, 2)}\n`);
    await rename(draft, this.path);
  }

  private async read(): Promise<Readonly<Record<string, string[]>>> {
    const text = await readFile(this.path, 'utf8').catch((error: unknown) => {
      if (isAbsence(error)) return null;
      throw error;
    });
    if (text === null) return {};
    // A damaged file must not pass for "never spoken to": that would trust any key.
    return knownSchema.parse(JSON.parse(text)).issuers;
  }
}

function isAbsence(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
