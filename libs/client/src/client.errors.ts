import type { ErrorKind } from '@app/kernel';

export interface ClientErrorFacts {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly message: string;
  /** The server's name for the request, to quote when asking about it; null when no server answered. */
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** A refusal by the server, or the failure to reach it: always with a code, a kind and one sentence for people. */
export class ClientError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(facts: ClientErrorFacts, options?: { cause?: unknown }) {
    super(facts.message, options);
    this.name = 'ClientError';
    this.code = facts.code;
    this.kind = facts.kind;
    this.requestId = facts.requestId;
    this.details = facts.details;
  }
}

const UNREACHABLE_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'the host name is unknown',
  EAI_AGAIN: 'the host name could not be looked up',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  ETIMEDOUT: 'no answer came in time',
  UND_ERR_CONNECT_TIMEOUT: 'no answer came in time',
  UND_ERR_HEADERS_TIMEOUT: 'no answer came in time',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
};

/** The system's code behind a failed fetch (`ECONNREFUSED`), wherever it is nested. */
export function faultCodeOf(error: unknown): string | null {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    if (cause instanceof AggregateError && cause.errors.length > 0) return faultCodeOf(cause.errors[0]);
  }
  return null;
}

/** No answer came from the server at all. */
export function unreachable(endpoint: string, cause: unknown): ClientError {
  const code = faultCodeOf(cause);
  const reason =
    (code && UNREACHABLE_REASONS[code]) ?? code ?? (cause instanceof Error ? cause.message : String(cause));
  return new ClientError(
    {
      code: 'CLIENT_UNREACHABLE',
      kind: 'UNAVAILABLE',
      message: `The market at ${endpoint} is not reachable: ${reason}.`,
      requestId: null,
      details: { endpoint },
    },
    { cause },
  );
}

/** Something answered, but not as a Bodega market does. */
export function notAMarket(endpoint: string, status: number, requestId: string | null): ClientError {
  return new ClientError({
    code: 'CLIENT_UNEXPECTED_ANSWER',
    kind: status >= 500 ? 'UNAVAILABLE' : 'INVALID',
    message: `${endpoint} answered HTTP ${status} without a GraphQL answer; is this the address of a Bodega market?`,
    requestId,
    details: { endpoint, status },
  });
}
