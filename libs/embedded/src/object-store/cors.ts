import type { IncomingMessage, ServerResponse } from 'node:http';

/** A browser asks again after this many seconds. */
const PREFLIGHT_AGE_S = '600';
const EXPOSED = [
  'ETag',
  'Content-Range',
  'Content-Length',
  'Content-Disposition',
  'Accept-Ranges',
  'Last-Modified',
  'x-amz-request-id',
].join(', ');

/**
 * Lets pages of any origin use signed URLs. Nothing is given away by it: every request needs a signature of its own, and
 * browsers add none by themselves.
 */
export function allowOrigins(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.origin === undefined) return;
  response.setHeader('access-control-allow-origin', '*');
  response.setHeader('access-control-expose-headers', EXPOSED);
}

/** Answers the question that a browser asks before the request proper; false when this is not one. */
export function answerPreflight(request: IncomingMessage, response: ServerResponse): boolean {
  const { headers } = request;
  if (
    request.method !== 'OPTIONS' ||
    headers.origin === undefined ||
    headers['access-control-request-method'] === undefined
  ) {
    return false;
  }
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, PUT, POST, DELETE',
    'access-control-allow-headers': headers['access-control-request-headers'] ?? '*',
    'access-control-max-age': PREFLIGHT_AGE_S,
  });
  response.end();
  return true;
}
