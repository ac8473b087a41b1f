import { connect } from 'node:net';
import type { Socket } from 'node:net';

/** What the parent asks of the load process. */
export interface LoadOrder {
  readonly port: number;
  readonly bodies: readonly string[];
  readonly connections: number;
  readonly forMs: number;
}

export interface LoadReport {
  readonly perSecond: number;
  readonly p95Ms: number;
  readonly failures: number;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One keep-alive connection, one request after the other, as little work per request as a client can do. */
function drive(port: number, next: () => Buffer | null, done: (ms: number, ok: boolean) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let startedAt = 0;
    let missing = -1;
    let head: Buffer = Buffer.alloc(0);
    let isOk = false;
    const send = (): void => {
      const request = next();
      if (!request) {
        socket.end();
        resolve();
        return;
      }
      missing = -1;
      head = Buffer.alloc(0);
      startedAt = performance.now();
      socket.write(request);
    };
    socket.on('connect', send);
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      if (missing < 0) {
        head = head.length ? Buffer.concat([head, chunk]) : chunk;
        const end = head.indexOf(HEAD_END);
        if (end < 0) return;
        const text = head.toString('latin1', 0, end).toLowerCase();
        const length = /content-length: (\d+)/.exec(text);
        if (!length) {
          reject(new Error(`The answer has no length: ${text}`));
          return;
        }
        const start = end + HEAD_END.length;
        isOk = text.startsWith('http/1.1 200') && head.toString('latin1', start, start + 9) === '{"data":{';
        missing = Number(length[1]) - (head.length - start);
      } else missing -= chunk.length;
      if (missing === 0) {
        done(performance.now() - startedAt, isOk);
        send();
      }
    });
  });
}

async function run({ port, bodies, connections, forMs }: LoadOrder): Promise<LoadReport> {
  const requests = bodies.map((body) => {
    const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    return Buffer.from(head + body);
  });
  const times: number[] = [];
  let failures = 0;
  let place = 0;
  const start = performance.now();
  const next = (): Buffer | null =>
    performance.now() - start < forMs ? (requests[place++ % requests.length] ?? null) : null;
  const done = (ms: number, ok: boolean): void => {
    times.push(ms);
    if (!ok) failures++;
  };
  await Promise.all(Array.from({ length: connections }, () => drive(port, next, done)));
  const elapsed = performance.now() - start;
  times.sort((a, b) => a - b);
  return {
    perSecond: (times.length / elapsed) * 1_000,
    p95Ms: times[Math.floor(times.length * 0.95)] ?? NaN,
    failures,
  };
}

process.on('message', (order: LoadOrder) => {
  run(order).then(
    (report) => process.send?.(report),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
process.send?.('ready');
process.on('disconnect', () => process.exit(0));
