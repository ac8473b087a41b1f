import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startObjectStore } from '@app/embedded';
import { ObjectStore } from '@app/storage';
import { describeS3 } from './s3-suite.js';
import type { LoggedRequest, Subject } from './subject.js';

const LOG_BUCKET = 'logs';
const KEYS = { accessKeyId: 'EMBEDDEDTESTKEY', secretAccessKey: 'embedded-test-secret' };
const READ_ONLY = { accessKeyId: 'EMBEDDEDREADER', secretAccessKey: 'embedded-reader-secret', readOnly: true };

describeS3('embedded object store', {}, async (): Promise<Subject> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'bodega-s3-test-'));
  const cuts = new Map<string, number>();
  let aheadMs = 0;
  const start = (port: number): ReturnType<typeof startObjectStore> =>
    startObjectStore({
      dataDir,
      port,
      region: 'us-east-1',
      credentials: [KEYS, READ_ONLY],
      buckets: [],
      accessLog: { bucket: LOG_BUCKET, prefix: 'access/', flushMs: 3_600_000, flushLines: 1_000_000 },
      maxSignatureAgeS: 3_600,
      durable: false,
      clock: { now: () => new Date(Date.now() + aheadMs) },
      faults: {
        cutAfter: ({ key }) => {
          const bytes = cuts.get(key);
          cuts.delete(key);
          return bytes;
        },
      },
    });
  let server = await start(0);
  const { port } = server;
  return {
    ...KEYS,
    endpoint: server.url,
    region: 'us-east-1',
    readOnlyKey: READ_ONLY,
    accessLog: async () => {
      await server.deliverAccessLog();
      return readLog(server.url);
    },
    cutNext: (key, bytes) => void cuts.set(key, bytes),
    advanceClock: (ms) => (aheadMs += ms),
    restart: async () => {
      await server.stop();
      server = await start(port);
    },
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true });
    },
  };
});

/** Every delivered line, read as any consumer would: through S3. */
async function readLog(endpoint: string): Promise<LoggedRequest[]> {
  const store = new ObjectStore({ ...KEYS, endpoint, region: 'us-east-1', bucket: LOG_BUCKET });
  const requests: LoggedRequest[] = [];
  for await (const { key } of store.list('access/')) {
    let text = '';
    for await (const chunk of await store.get(key)) text += String(chunk);
    requests.push(
      ...text
        .split('\n')
        .filter((line) => line !== '')
        .map(parseLine),
    );
  }
  store.close();
  return requests;
}

function parseLine(line: string): LoggedRequest {
  const match = /^\S+ \S+ \[[^\]]+\] \S+ \S+ (\S+) \S+ \S+ "([^"]*)" (\d{3}) \S+ (\S+) /.exec(line);
  if (!match) throw new Error(`not an access log line: ${line}`);
  const [, requestId = '', uri = '', status = '', bytes = ''] = match;
  return { requestId, uri, status: Number(status), bytesSent: bytes === '-' ? 0 : Number(bytes), line };
}
