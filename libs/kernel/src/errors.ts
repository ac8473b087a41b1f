/** Kinds of refusal; each alone decides the HTTP status. */
export const HTTP_STATUS_OF_KIND = {
  NOT_FOUND: 404,
  INVALID: 400,
  UNAUTHENTICATED: 401,
  PAYMENT_REQUIRED: 402,
  FORBIDDEN: 403,
  CONFLICT: 409,
  RATE_LIMITED: 429,
  UNAVAILABLE: 503,
  INTERNAL: 500,
} as const;

export type ErrorKind = keyof typeof HTTP_STATUS_OF_KIND;

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The one error that a caller may see: a code, its kind, a sentence for people, typed details. */
export class DomainError<D extends ErrorDetails = ErrorDetails> extends Error {
  constructor(
    readonly code: string,
    readonly kind: ErrorKind,
    message: string,
    readonly details: D,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'DomainError';
  }

  get httpStatus(): number {
    return HTTP_STATUS_OF_KIND[this.kind];
  }
}

export interface ErrorDefinition<D extends ErrorDetails> {
  readonly kind: ErrorKind;
  readonly sentence: (details: D) => string;
  /** Details to show in the generated list of codes. */
  readonly example: D;
}

/** Declares one code: its kind, its sentence, and an example of its details for the generated list. */
export function refusal<D extends ErrorDetails>(
  kind: ErrorKind,
  sentence: (details: D) => string,
  example: D,
): ErrorDefinition<D> {
  return { kind, sentence, example };
}

export interface ErrorListing {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly sentence: string;
}

const listings = new Map<string, ErrorListing>();

/**
 * Declares the codes of one domain, each prefixed by the domain's name.
 * @example const LedgerErrors = defineErrors('BILLING', { BALANCE_TOO_LOW: refusal('PAYMENT_REQUIRED', (d: {...}) => `...`, {...}) });
 *          throw LedgerErrors.BALANCE_TOO_LOW({ missingMinor: 100 });
 */
export function defineErrors<M extends Record<string, ErrorDetails>>(
  prefix: string,
  definitions: { readonly [K in keyof M]: ErrorDefinition<M[K]> },
): { readonly [K in keyof M]: (details: M[K], cause?: unknown) => DomainError<M[K]> } {
  const throwers: Record<string, (details: ErrorDetails, cause?: unknown) => DomainError> = {};
  for (const [name, raw] of Object.entries(definitions)) {
    const definition = raw as unknown as ErrorDefinition<ErrorDetails>;
    const code = `${prefix}_${name}`;
    if (listings.has(code)) throw new Error(`Error code ${code} is declared twice.`);
    listings.set(code, { code, kind: definition.kind, sentence: definition.sentence(definition.example) });
    throwers[name] = (details, cause) =>
      new DomainError(code, definition.kind, definition.sentence(details), details, { cause });
  }
  return throwers as unknown as { readonly [K in keyof M]: (details: M[K], cause?: unknown) => DomainError<M[K]> };
}

/** Every code declared by the libraries loaded so far, sorted: for the GraphQL enum and docs/errors.md. */
export function declaredErrors(): ErrorListing[] {
  return [...listings.values()].sort((a, b) => (a.code < b.code ? -1 : 1));
}

/** Codes that belong to no domain. */
export const KernelErrors = defineErrors('REQUEST', {
  INVALID: refusal(
    'INVALID',
    (d: { problems: readonly { path: string; message: string }[] }) =>
      `The input has ${d.problems.length === 1 ? 'a problem' : `${d.problems.length} problems`}: ${d.problems
        .map((p) => `${p.path || 'input'}: ${p.message}`)
        .join('; ')}.`,
    { problems: [{ path: 'input.name', message: 'must not be empty' }] },
  ),
  UNAUTHENTICATED: refusal(
    'UNAUTHENTICATED',
    (d: { reason: string }) => `${d.reason} Sign in, or send an API key as "Authorization: Bearer hf_bodega_…".`,
    { reason: 'This needs an account.' },
  ),
  FORBIDDEN: refusal('FORBIDDEN', (d: { reason: string }) => d.reason, { reason: 'This needs the admin role.' }),
  NOT_FOUND: refusal(
    'NOT_FOUND',
    (d: { what: string; id: string }) => `There is no ${d.what} "${d.id}" that you may see.`,
    {
      what: 'dataset',
      id: 'acme/pick-cups',
    },
  ),
  RATE_LIMITED: refusal(
    'RATE_LIMITED',
    (d: { what: string; retryAfterS: number }) => `Too many ${d.what}; try again in ${d.retryAfterS} s.`,
    { what: 'sign-in attempts', retryAfterS: 30 },
  ),
  UNAVAILABLE: refusal(
    'UNAVAILABLE',
    (d: { what: string }) => `${d.what} is not reachable right now; try again shortly.`,
    {
      what: 'The database',
    },
  ),
  INTERNAL: refusal(
    'INTERNAL',
    (d: { requestId: string }) =>
      `Something went wrong on our side. Quote request ${d.requestId} when you ask about it.`,
    { requestId: 'req_01' },
  ),
});
