import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startObjectStore } from '@app/embedded';
import type { RunningObjectStore } from '@app/embedded';
import { ObjectStore } from '@app/storage';

const KEY = { accessKeyId: 'test-access-key', secretAccessKey: 'test-secret-access-key' };
const CLIENTS = 24;
/** The store must be caught between two events of one connection; one round does so in a third of all runs. */
const ROUNDS = 8;
const PARTS = 16;
const PART_BYTES = 5 << 20;
/** Says "all" once every connection has had its first bytes. */
const READER = `
  const [href, count] = process.argv.slice(1);
  const url = new URL(href);
  let begun = 0;
  for (let i = 0; i < Number(count); i++) {
    const socket = require('node:net').connect(Number(url.port), url.hostname);
    socket.write('GET ' + url.pathname + url.search + ' HTTP/1.1\\r\\nHost: ' + url.host + '\\r\\n\\r\\n');
    socket.once('data', () => { if (++begun === Number(count)) process.stdout.write('all'); });
    socket.on('data', () => undefined);
  }`;

describe('clients that vanish in the middle of a large object', () => {
  let folder: string;
  let server: RunningObjectStore;
  let store: ObjectStore;
  let logs: ObjectStore;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-hung-up-'));
    server = await startObjectStore({
      dataDir: folder,
      port: 0,
      region: 'us-east-1',
      credentials: [KEY],
      buckets: ['goods', 'logs'],
      accessLog: { bucket: 'logs', prefix: '', flushMs: 3_600_000 },
      durable: false,
    });
    const options = { ...KEY, endpoint: server.url, region: 'us-east-1' };
    store = new ObjectStore({ ...options, bucket: 'goods' });
    logs = new ObjectStore({ ...options, bucket: 'logs' });
  });

  afterEach(async () => {
    store.close();
    logs.close();
    await server.stop();
    await rm(folder, { recursive: true });
  });

  it('leave a line in the access log each, and nothing that the store waits for', async () => {
    const uploadId = await store.createMultipart('large');
    const parts: { partNumber: number; etag: string }[] = [];
    for (let partNumber = 1; partNumber <= PARTS; partNumber++) {
      const { etag } = await store.uploadPart('large', uploadId, partNumber, Buffer.alloc(PART_BYTES, partNumber));
      parts.push({ partNumber, etag });
    }
    await store.completeMultipart('large', uploadId, parts);
    const url = new URL(store.presignGet('large', { expiresS: 60, now: new Date() }));

    for (let round = 0; round < ROUNDS; round++) await killInTheMiddle(url);
    const lines = await linesOnceThereAre(CLIENTS * ROUNDS);

    const served = lines.filter((line) => line.includes('REST.GET.OBJECT'));
    expect(served).toHaveLength(CLIENTS * ROUNDS);
  });

  /** A process that reads the object over many connections as fast as it can, and is killed while it does. */
  async function killInTheMiddle(url: URL): Promise<void> {
    const child = spawn(process.execPath, ['-e', READER, url.href, String(CLIENTS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    child.kill('SIGKILL');
    await ended;
  }

  async function linesOnceThereAre(count: number): Promise<string[]> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      await server.deliverAccessLog();
      const lines: string[] = [];
      for await (const { key } of logs.list(''))
        for await (const chunk of await logs.get(key)) lines.push(...String(chunk).split('\n').filter(Boolean));
      const found = lines.filter((line) => line.includes('REST.GET.OBJECT')).length;
      if (found >= count || Date.now() > deadline) return lines;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
