import { backOffMs, isTransientStatus, pause } from '@app/client';
import { LogProblem, tilePath } from '@app/kernel';
import type { LogSource, TileCoordinates } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';

const ATTEMPTS = 6;
const PATIENCE_MS = 30_000;
/** 256 entries of the largest size. */
const MAX_BYTES = 256 * 65_537;

/** A market's log over HTTP. It is public: no credential is sent. */
export class LogResources implements LogSource {
  constructor(
    private readonly endpoint: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The signed note of now. */
  checkpoint(): Promise<Uint8Array> {
    return this.fetch('checkpoint');
  }

  /** Verifier keys that the market publishes, the newest first. */
  async vkeys(): Promise<string[]> {
    const text = new TextDecoder().decode(await this.fetch('vkey'));
    return text.split('\n').filter((line) => line !== '');
  }

  /** @throws LogProblem when the market says that its own records are not intact, CLI_TRANSFER */
  read(tile: TileCoordinates): Promise<Uint8Array> {
    return this.fetch(tilePath(tile));
  }

  private async fetch(path: string): Promise<Uint8Array> {
    const url = `${this.endpoint}/log/${path}`;
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await fetch(url, { signal: AbortSignal.any([this.signal, AbortSignal.timeout(PATIENCE_MS)]) });
        const bytes = await bodyOf(response, url);
        if (response.ok) return bytes;
        if (!isTransientStatus(response.status) || attempt + 1 >= ATTEMPTS) throw refusalOf(response, bytes, path, url);
      } catch (error) {
        this.signal.throwIfAborted();
        const isNetwork =
          error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError');
        if (!isNetwork) throw error;
        if (attempt + 1 >= ATTEMPTS) {
          throw CliErrors.TRANSFER({ path: url, reason: 'the market is not reachable' }, error);
        }
      }
      await pause(backOffMs(attempt), this.signal);
    }
  }
}

async function bodyOf(response: Response, url: string): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES)
      throw CliErrors.TRANSFER({ path: url, reason: 'the market sent more than a log holds there' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refusalOf(response: Response, body: Uint8Array, path: string, url: string): Error {
  const { code, message } = wireErrorOf(body);
  if (code === 'AUDIT_BROKEN' && message !== null) return new LogProblem(message);
  if (code === 'AUDIT_NOT_SIGNED' && message !== null) return CliErrors.REFUSED({ code, message });
  // What a signed checkpoint covers must be there.
  if (response.status === 404 && path.startsWith('tile/')) return new LogProblem(`${path} is missing`);
  return CliErrors.TRANSFER({ path: url, reason: `the market answered with HTTP ${response.status}` });
}

function wireErrorOf(body: Uint8Array): { code: string | null; message: string | null } {
  try {
    const { code, message } = JSON.parse(new TextDecoder().decode(body)) as Record<string, unknown>;
    return { code: typeof code === 'string' ? code : null, message: typeof message === 'string' ? message : null };
  } catch {
    return { code: null, message: null };
  }
}
