import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BodegaClient, ClientError, once, repeatable } from '@app/client';

const Read = repeatable<Record<string, never>, { ok: boolean }>('Read', 'query Read { ok }');
const Act = once<Record<string, never>, { ok: boolean }>('Act', 'mutation Act { ok }');

describe('the client on a bad line', () => {
  let server: Server;
  let client: BodegaClient;
  let requests = 0;
  /** What each request in turn meets; the rest are answered well. */
  let script: ((response: ServerResponse) => void)[] = [];

  const cut = (response: ServerResponse): void => void response.socket?.destroy();
  const status =
    (code: number, headers: Record<string, string> = {}) =>
    (response: ServerResponse): void =>
      void response.writeHead(code, headers).end('busy');

  beforeEach(async () => {
    requests = 0;
    script = [];
    server = createServer((_request, response) => {
      requests++;
      const step = script.shift();
      if (step) step(response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{"data":{"ok":true}}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = new BodegaClient({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, attempts: 3 });
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it('repeats what may be repeated after a cut, and gives up after its attempts', async () => {
    script = [cut, cut];
    await expect(client.run(Read, {})).resolves.toEqual({ ok: true });
    expect(requests).toBe(3);

    script = [cut, cut, cut, cut];
    await expect(client.run(Read, {})).rejects.toMatchObject({ code: 'CLIENT_UNREACHABLE', kind: 'UNAVAILABLE' });
    expect(requests).toBe(6);
  });

  it('never sends twice what may have been done', async () => {
    script = [cut];
    await expect(client.run(Act, {})).rejects.toBeInstanceOf(ClientError);
    script = [status(502)];
    await expect(client.run(Act, {})).rejects.toBeInstanceOf(ClientError);

    expect(requests).toBe(2);
  });

  it('sends anything again that was refused for now', async () => {
    script = [status(429, { 'retry-after': '0' }), status(503, { 'retry-after': '0' })];

    await expect(client.run(Act, {})).resolves.toEqual({ ok: true });
    expect(requests).toBe(3);
  });

  it('does not keep anyone waiting for minutes', async () => {
    script = [status(429, { 'retry-after': '600' })];

    await expect(client.run(Read, {})).rejects.toBeInstanceOf(ClientError);
    expect(requests).toBe(1);
  });

  it('passes on what the market says of a refusal', async () => {
    const extensions = { code: 'CATALOG_SLUG_TAKEN', kind: 'CONFLICT', details: { slug: 'a/b' }, requestId: 'req_1' };
    script = [
      (response) =>
        void response.writeHead(200).end(JSON.stringify({ data: null, errors: [{ message: 'Taken.', extensions }] })),
    ];

    await expect(client.run(Act, {})).rejects.toMatchObject({ ...extensions, message: 'Taken.' });
  });

  it('stops at once when told to', async () => {
    const stop = new AbortController();
    script = [() => stop.abort(new Error('enough'))];

    await expect(client.run(Read, {}, stop.signal)).rejects.toThrow('enough');
    expect(requests).toBe(1);
  });
});
