import type { IncomingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { Authenticator } from './authenticator.js';

/** Makes the context of an incoming request: its id, and the actor whom its Authorization header proves. */
@Injectable()
export class RequestOpener {
  constructor(private readonly authenticator: Authenticator) {}

  /** @throws IDENTITY_KEY_REFUSED, IDENTITY_TOKEN_REFUSED: a wrong credential is never taken for a passer-by */
  async open(headers: IncomingHttpHeaders, ip: string): Promise<RequestContext> {
    const requestId = newId('Request');
    if (headers.authorization === undefined) return { requestId, ip, actor: { kind: 'anonymous' } };
    return { requestId, ip, actor: await this.authenticator.actorOf(headers) };
  }
}
