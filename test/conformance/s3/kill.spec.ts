import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startObjectStore } from '@app/embedded';
import { ObjectStore } from '@app/storage';

const KEYS = { accessKeyId: 'KILLTESTKEY', secretAccessKey: 'kill-test-secret', region: 'us-east-1' };
const ROUNDS = 3;

let dataDir: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'bodega-s3-kill-'));
});

afterEach(async () => {
  if (child) await kill(child);
  await rm(dataDir, { recursive: true });
});

async function startElsewhere(flushMs = 50): Promise<ObjectStore> {
  const script = fileURLToPath(new URL('./object-store-holder.ts', import.meta.url));
  const args = [
    '--import',
    '#typescript',
    script,
    dataDir,
    '0',
    KEYS.accessKeyId,
    KEYS.secretAccessKey,
    String(flushMs),
  ];
  const started = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child = started;
  const [line] = (await once(started.stdout, 'data')) as [Buffer];
  return new ObjectStore({ ...KEYS, endpoint: line.toString().trim(), bucket: 'kept' });
}

async function kill(running: ChildProcess): Promise<void> {
  child = undefined;
  if (running.exitCode !== null || running.signalCode !== null) return;
  const ended = once(running, 'exit');
  running.kill('SIGKILL');
  await ended;
}

describe('embedded object store, killed', () => {
  it('keeps every acknowledged object, no half of any other, and forgets their bytes', async () => {
    const acknowledged = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      const store = await startElsewhere();
      const running = child;
      const puts = Array.from({ length: 30 }, async (_, i) => {
        const body = randomBytes(200_000);
        const { etag } = await store.put(`round-${round}/${i}`, body);
        acknowledged.set(`round-${round}/${i}`, etag);
        // In the middle of the others.
        if (acknowledged.size % 30 === 10 && running) await kill(running);
      });
      await Promise.allSettled(puts);
      store.close();
    }

    const server = await startObjectStore({
      dataDir,
      port: 0,
      region: KEYS.region,
      credentials: [KEYS],
      buckets: ['kept'],
    });
    const store = new ObjectStore({ ...KEYS, endpoint: server.url, bucket: 'kept' });
    const found = new Map<string, string>();
    for await (const object of store.list('')) {
      const bytes = await store.readRange(object.key, 0n, 1_000_000);
      expect(bytes).toHaveLength(200_000);
      found.set(object.key, createHash('md5').update(bytes).digest('hex'));
      expect(found.get(object.key)).toBe(object.etag);
    }
    store.close();
    await server.stop();
    expect(acknowledged.size).toBeGreaterThanOrEqual(10 * ROUNDS);
    for (const [key, etag] of acknowledged) expect(found.get(key)).toBe(etag);
    const blobs = (await readdir(join(dataDir, 'blobs'), { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    );
    const lines = (await readFile(join(dataDir, 'journal.jsonl'), 'utf8')).match(/"blob"/g) ?? [];
    expect(blobs).toHaveLength(lines.length);
  }, 120_000);

  it('cuts a torn last line off the journal, and refuses a journal damaged elsewhere', async () => {
    const start = (): ReturnType<typeof startObjectStore> =>
      startObjectStore({ dataDir, port: 0, region: KEYS.region, credentials: [KEYS], buckets: ['kept'] });
    const journal = join(dataDir, 'journal.jsonl');
    await (await start()).stop();
    const whole = await readFile(journal, 'utf8');

    await appendFile(journal, '{"t":"put","bucket":"kept","obj');
    await (await start()).stop();
    const mended = await readFile(journal, 'utf8');
    await writeFile(journal, `{"t":"buck\n${whole}`);

    expect(mended).toBe(whole);
    await expect(start()).rejects.toMatchObject({ code: 'EMBEDDED_JOURNAL_DAMAGED' });
  });

  it('refuses a second server on the same folder', async () => {
    const options = { dataDir, port: 0, region: KEYS.region, credentials: [KEYS], buckets: [] };
    const server = await startObjectStore(options);

    await expect(startObjectStore(options)).rejects.toMatchObject({ code: 'EMBEDDED_IN_USE' });
    await expect(
      startObjectStore({ ...options, dataDir: `${dataDir}/other`, port: server.port }),
    ).rejects.toMatchObject({ code: 'EMBEDDED_PORT_TAKEN' });

    await server.stop();
    await (await startObjectStore(options)).stop();
  });

  it('delivers after the kill what it had logged before, once', async () => {
    // So seldom that nothing is delivered before the kill.
    const store = await startElsewhere(600_000);
    await store.put('logged', 'x');
    for (let i = 0; i < 20; i++) await store.readRange('logged', 0n, 1);
    const spool = join(dataDir, 'access-log');
    const lines = async (): Promise<number> => {
      const names = (await readdir(spool).catch(() => [])).filter((name) => name.endsWith('.log'));
      const texts = await Promise.all(names.map((name) => readFile(join(spool, name), 'utf8').catch(() => '')));
      return texts.join('').split('\n').length - 1;
    };
    // A line follows its answer by a moment.
    while ((await lines()) < 21) await delay(20);
    if (child) await kill(child);
    store.close();
    const again = await startElsewhere();
    const logs = new ObjectStore({
      ...KEYS,
      endpoint: again.presignGet('x', { expiresS: 1, now: new Date() }).split('/kept')[0] ?? '',
      bucket: 'logs',
    });

    const ids: string[] = [];
    for await (const { key } of logs.list('access/')) {
      for await (const chunk of await logs.get(key))
        ids.push(
          ...String(chunk)
            .split('\n')
            .filter((line) => line !== ''),
        );
    }
    logs.close();
    again.close();

    const requestIds = ids.map((line) => / \S+ (\S+) REST\./.exec(line)?.[1]);
    expect(ids).toHaveLength(21);
    expect(new Set(requestIds).size).toBe(ids.length);
  }, 60_000);
});
