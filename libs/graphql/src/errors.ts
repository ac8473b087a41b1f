import { Logger } from '@nestjs/common';
import { DomainError, KernelErrors } from '@app/kernel';
import { GraphQLError } from 'graphql';
import type { GraphQLFormattedError } from 'graphql';

const log = new Logger('Errors');

/** The error form on the wire, in GraphQL's `extensions` and as the body of a refused HTTP request. */
export interface WireError {
  readonly code: string;
  readonly kind: string;
  readonly message: string;
  readonly details: unknown;
  readonly requestId: string;
}

/**
 * What a caller may learn of any thrown value. Anything that is not a DomainError becomes INTERNAL with a fixed sentence;
 * its cause goes to the log under the request id.
 */
export function toDomainError(error: unknown, requestId: string): DomainError {
  if (error instanceof DomainError) return error;
  log.error({ requestId, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return KernelErrors.INTERNAL({ requestId }, error);
}

export function toWireError(error: DomainError, requestId: string): WireError {
  return { code: error.code, kind: error.kind, message: error.message, details: error.details, requestId };
}

function rootCause(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError ? rootCause(error.originalError) : error;
}

/** An error of an operation, in the form of design.md 6.3. */
export function formatGraphqlError(error: unknown, requestId: string): GraphQLFormattedError {
  const cause = rootCause(error);
  const location =
    error instanceof GraphQLError
      ? { ...(error.locations && { locations: error.locations }), ...(error.path && { path: error.path }) }
      : {};
  if (cause instanceof GraphQLError) {
    return {
      message: cause.message,
      ...location,
      extensions: { code: 'REQUEST_INVALID', kind: 'INVALID', details: {}, requestId },
    };
  }
  const domainError = toDomainError(cause, requestId);
  const { message, ...extensions } = toWireError(domainError, requestId);
  return { message, ...location, extensions: { ...extensions } };
}
