import { BodegaClient } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import type { Environment } from '../environment.js';
import type { SavedLogin, SavedLogins } from './saved-logins.js';

export const USER_AGENT = 'bodega-cli/0.1';
export const DEFAULT_ENDPOINT = 'http://127.0.0.1:3000';

/** The market's root in one spelling. @throws CLI_BAD_USAGE */
export function normalizeEndpoint(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw CliErrors.BAD_USAGE({ reason: `"${text}" is not an address: write for example https://market.example.` });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+(?:graphql\/*)?$/, '');
}

/** Which market is asked, and as whom: flags before environment before the saved login. */
export class Session {
  private constructor(
    readonly endpoint: string,
    readonly apiKey: string | null,
    readonly saved: SavedLogin | null,
  ) {}

  static async open(
    flags: { readonly endpoint?: string; readonly apiKey?: string },
    environment: Environment,
    logins: SavedLogins,
  ): Promise<Session> {
    const named = flags.endpoint ?? environment.endpoint;
    const wanted = named === undefined ? undefined : normalizeEndpoint(named);
    const saved = await logins.find(wanted);
    const endpoint = wanted ?? saved?.endpoint ?? DEFAULT_ENDPOINT;
    return new Session(endpoint, flags.apiKey ?? environment.apiKey ?? saved?.apiKey ?? null, saved);
  }

  /** As whoever we are, or as nobody. */
  client(): BodegaClient {
    return new BodegaClient({
      endpoint: this.endpoint,
      userAgent: USER_AGENT,
      ...(this.apiKey !== null && { credential: this.apiKey }),
    });
  }

  /** As whoever we are. @throws CLI_NOT_SIGNED_IN */
  accountClient(): BodegaClient {
    if (this.apiKey === null) throw CliErrors.NOT_SIGNED_IN({ endpoint: this.endpoint });
    return this.client();
  }
}
