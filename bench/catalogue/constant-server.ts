import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Reference (a): bare node:http that reads the request and answers the same bytes every time. The parent sends the bytes. */
process.once('message', (answer: string) => {
  const body = Buffer.from(answer);
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
      response.end(body);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
});
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
