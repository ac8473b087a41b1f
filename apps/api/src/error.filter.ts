import { Catch, HttpException } from '@nestjs/common';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import type { GqlContextType } from '@nestjs/graphql';
import type { FastifyReply } from 'fastify';
import { DomainError, KernelErrors, newId } from '@app/kernel';
import { toDomainError, toWireError } from '@app/graphql';
import type { RequestWithContext } from '@app/graphql';

/** The one error form, for every refused HTTP request. GraphQL formats its own errors. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType<GqlContextType>() === 'graphql') throw error;
    const request = host.switchToHttp().getRequest<RequestWithContext & { url: string }>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    sendError(reply, error, request.requestContext?.requestId ?? newId('Request'), request.url);
  }
}

/** Writes an error to a reply: status by kind, body in the form of the house. */
export function sendError(reply: FastifyReply, error: unknown, requestId: string, url: string): void {
  const domainError = fromFramework(error, url) ?? toDomainError(error, requestId);
  void reply.status(domainError.httpStatus).send(toWireError(domainError, requestId));
}

/** Nest's and Fastify's own refusals (no such route, body too large) in our words. */
function fromFramework(error: unknown, url: string): DomainError | null {
  const status =
    error instanceof HttpException
      ? error.getStatus()
      : typeof error === 'object' && error !== null && 'statusCode' in error
        ? Number(error.statusCode)
        : 0;
  if (error instanceof DomainError || status < 400 || status >= 500) return null;
  const path = url.split('?')[0] ?? url;
  if (status === 404) return KernelErrors.NOT_FOUND({ what: 'page', id: path });
  const message = error instanceof Error ? error.message : 'was refused';
  return KernelErrors.INVALID({ problems: [{ path: 'request', message }] });
}
