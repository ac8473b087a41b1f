import type { ErrorKind } from '@app/kernel';
import { ClientError, faultCodeOf, notAMarket, unreachable } from './client.errors.js';
import type { Operation } from './operation.js';
import {
  LONGEST_ASKED_PAUSE_MS,
  backOffMs,
  isHopeless,
  isRefusedForNow,
  isTransientStatus,
  isUnsent,
  pause,
  retryAfterMs,
} from './retry.rules.js';

export interface BodegaClientOptions {
  /** Root of the market, without `/graphql`: `https://market.example`. */
  readonly endpoint: string;
  /** API key or access token, sent as a bearer token. */
  readonly credential?: string;
  /** How often one operation is sent at most. */
  readonly attempts?: number;
  /** Longest wait for one answer. */
  readonly timeoutMs?: number;
  readonly userAgent?: string;
}

interface Attempt<Result> {
  readonly result?: Result;
  readonly error?: ClientError;
  /** Asking again may help. */
  readonly again: boolean;
  readonly askedPauseMs: number | null;
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** Written out because a browser bundle takes only types from the kernel; the type keeps it complete. */
const KINDS: Readonly<Record<ErrorKind, true>> = {
  NOT_FOUND: true,
  INVALID: true,
  UNAUTHENTICATED: true,
  PAYMENT_REQUIRED: true,
  FORBIDDEN: true,
  CONFLICT: true,
  RATE_LIMITED: true,
  UNAVAILABLE: true,
  INTERNAL: true,
};

function isErrorKind(value: unknown): value is ErrorKind {
  return typeof value === 'string' && Object.hasOwn(KINDS, value);
}

function toClientError(raw: unknown, requestId: string | null): ClientError {
  const { message, extensions } = asRecord(raw);
  const { code, kind, details, requestId: named } = asRecord(extensions);
  return new ClientError({
    code: typeof code === 'string' ? code : 'CLIENT_UNEXPECTED_ANSWER',
    kind: isErrorKind(kind) ? kind : 'INTERNAL',
    message: typeof message === 'string' ? message : 'The market refused without saying why.',
    requestId: typeof named === 'string' ? named : requestId,
    details: asRecord(details),
  });
}

/** Sends typed operations to one market as one caller; repeats them with growing pauses where that is safe. */
export class BodegaClient {
  readonly endpoint: string;
  private readonly attempts: number;
  private readonly timeoutMs: number;

  constructor(private readonly options: BodegaClientOptions) {
    this.endpoint = options.endpoint.replace(/\/+$/, '');
    this.attempts = options.attempts ?? 6;
    this.timeoutMs = options.timeoutMs ?? 60_000;
  }

  /** The same market with another credential. */
  as(credential: string): BodegaClient {
    return new BodegaClient({ ...this.options, credential });
  }

  /**
   * The answer's `data`.
   * @throws ClientError with the server's code, kind, sentence and request id; `CLIENT_UNREACHABLE` when nobody answered
   */
  async run<Variables, Result>(
    operation: Operation<Variables, Result>,
    variables: Variables,
    signal?: AbortSignal,
  ): Promise<Result> {
    for (let attempt = 0; ; attempt++) {
      const answer = await this.send(operation, variables, signal);
      if (answer.result !== undefined) return answer.result;
      const error = answer.error ?? notAMarket(this.endpoint, 0, null);
      const pauseMs = answer.askedPauseMs ?? backOffMs(attempt);
      if (!answer.again || attempt + 1 >= this.attempts || pauseMs > LONGEST_ASKED_PAUSE_MS) throw error;
      await pause(pauseMs, signal);
    }
  }

  private async send<Variables, Result>(
    operation: Operation<Variables, Result>,
    variables: Variables,
    signal: AbortSignal | undefined,
  ): Promise<Attempt<Result>> {
    const patience = AbortSignal.timeout(this.timeoutMs);
    let response: Response;
    let text: string;
    try {
      response = await fetch(`${this.endpoint}/graphql`, {
        method: 'POST',
        headers: this.headers(),
        body: JSON.stringify({ operationName: operation.name, query: operation.text, variables }),
        signal: signal ? AbortSignal.any([signal, patience]) : patience,
      });
      text = await response.text();
    } catch (fault) {
      signal?.throwIfAborted();
      const code = patience.aborted ? 'ETIMEDOUT' : faultCodeOf(fault);
      const cause = patience.aborted ? Object.assign(new Error('no answer in time'), { code }) : fault;
      const again = !isHopeless(code) && (operation.repeatable || isUnsent(code));
      return { error: unreachable(this.endpoint, cause), again, askedPauseMs: null };
    }
    return this.read<Result>(response, text, operation.repeatable);
  }

  private read<Result>(response: Response, text: string, repeatable: boolean): Attempt<Result> {
    const requestId = response.headers.get('x-request-id');
    const askedPauseMs = retryAfterMs(response.headers.get('retry-after'), Date.now());
    const refusedForNow = isRefusedForNow(response.status);
    const again = refusedForNow || (repeatable && isTransientStatus(response.status));
    let body: Record<string, unknown>;
    try {
      body = asRecord(JSON.parse(text));
    } catch {
      return { error: notAMarket(this.endpoint, response.status, requestId), again, askedPauseMs };
    }
    const { data, errors } = body;
    if (Array.isArray(errors) && errors.length > 0) {
      const error = toClientError(errors[0], requestId);
      const askedS = error.details['retryAfterS'];
      const asked = typeof askedS === 'number' ? retryAfterMs(String(Math.ceil(askedS)), Date.now()) : null;
      const busy = error.kind === 'RATE_LIMITED' || error.kind === 'UNAVAILABLE';
      return { error, again: busy || (again && error.kind === 'INTERNAL'), askedPauseMs: askedPauseMs ?? asked };
    }
    // A refusal of the HTTP front (rate limit, oversized body) has the error's form without GraphQL's envelope.
    if (data === undefined || data === null) {
      const flat =
        typeof body['code'] === 'string'
          ? toClientError({ message: body['message'], extensions: body }, requestId)
          : null;
      return { error: flat ?? notAMarket(this.endpoint, response.status, requestId), again, askedPauseMs };
    }
    return { result: data as Result, again: false, askedPauseMs: null };
  }

  private headers(): Record<string, string> {
    const { credential, userAgent } = this.options;
    return {
      'content-type': 'application/json',
      accept: 'application/json',
      'user-agent': userAgent ?? 'bodega-client/0.1',
      ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
    };
  }
}
