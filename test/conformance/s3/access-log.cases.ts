import { PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { send } from './subject.js';
import type { LoggedRequest, Stage } from './subject.js';

const SIZE = 24 * 1024 * 1024;
const KEY = 'logged/抓 取.bin';

export function describeAccessLog(stage: Stage): void {
  describe('access log', () => {
    let lease = 0;
    const nextLease = (): string => `lse_${stage.name.replace(/\W/g, '')}_${++lease}`;

    beforeAll(async () => {
      await stage
        .client()
        .send(new PutObjectCommand({ Bucket: stage.bucket, Key: KEY, Body: Buffer.alloc(SIZE, 'r') }));
    });

    /** A line is written when the server is done with the connection, which may be a moment after the client is. */
    async function linesOf(id: string, count = 1): Promise<LoggedRequest[]> {
      for (;;) {
        const log = await stage.subject().accessLog();
        const lines = log.filter(({ uri }) => new RegExp(`x-bodega-lease=${id}[&? ]`).test(uri));
        if (lines.length >= count) return lines;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }

    async function expectOneLine(id: string, expected: { status: number; bytesSent: number }): Promise<LoggedRequest> {
      const lines = await linesOf(id);
      expect(lines.map(({ status, bytesSent }) => ({ status, bytesSent }))).toEqual([expected]);
      const [line] = lines;
      if (!line) throw new Error('no line');
      return line;
    }

    it('counts a full read to the byte', async () => {
      const id = nextLease();

      const answer = await send(stage.url(KEY, { query: { 'x-bodega-lease': id } }));

      expect(answer.body.length).toBe(SIZE);
      await expectOneLine(id, { status: 200, bytesSent: SIZE });
    });

    it('counts a range by its own length', async () => {
      const id = nextLease();

      await send(stage.url(KEY, { query: { 'x-bodega-lease': id } }), { headers: { range: 'bytes=100-1000099' } });

      await expectOneLine(id, { status: 206, bytesSent: 1_000_000 });
    });

    it('counts nothing for HEAD and for 304', async () => {
      const [head, unchanged] = [nextLease(), nextLease()];
      const { headers } = await send(stage.url(KEY, { method: 'HEAD', query: { 'x-bodega-lease': head } }), {
        method: 'HEAD',
      });

      await send(stage.url(KEY, { query: { 'x-bodega-lease': unchanged } }), {
        headers: { 'if-none-match': headers.etag ?? '' },
      });

      await expectOneLine(head, { status: 200, bytesSent: 0 });
      await expectOneLine(unchanged, { status: 304, bytesSent: 0 });
    });

    it('writes a line per request when a URL is replayed, each with its own id', async () => {
      const id = nextLease();
      const url = stage.url(KEY, { query: { 'x-bodega-lease': id } });

      await send(url, { headers: { range: 'bytes=0-99' } });
      await send(url, { headers: { range: 'bytes=0-99' } });

      const lines = await linesOf(id, 2);
      expect(lines.map((line) => line.bytesSent)).toEqual([100, 100]);
      expect(new Set(lines.map((line) => line.requestId)).size).toBe(2);
    });

    it('names a missing object with its status', async () => {
      const id = nextLease();

      const answer = await send(stage.url('logged/missing', { query: { 'x-bodega-lease': id } }));

      await expectOneLine(id, { status: 404, bytesSent: answer.body.length });
    });

    stage.itNeeds('logs-refused-signatures', 'logs what it refused, without a byte of the object', async () => {
      const id = nextLease();

      const answer = await send(stage.url(KEY, { query: { 'x-bodega-lease': id } }).replace('logged', 'Logged'));

      const line = await expectOneLine(id, { status: 403, bytesSent: answer.body.length });
      expect(line.line).toContain(' 403 SignatureDoesNotMatch ');
    });

    stage.itNeeds('cut-connections', 'counts what was sent when the connection was cut', async () => {
      const id = nextLease();
      stage.subject().cutNext?.(KEY, 3_333_333);

      const answer = await send(stage.url(KEY, { query: { 'x-bodega-lease': id } }));

      expect(answer.isWhole).toBe(false);
      expect(answer.body.length).toBe(3_333_333);
      await expectOneLine(id, { status: 200, bytesSent: 3_333_333 });
    });

    stage.itNeeds(
      'exact-bytes-of-aborted-transfers',
      'never counts less than an aborting client received, nor all of it',
      async () => {
        const id = nextLease();

        const answer = await send(stage.url(KEY, { query: { 'x-bodega-lease': id } }), { stopAfter: 1_500_000 });

        const [line, ...others] = await linesOf(id);
        expect(others).toEqual([]);
        expect(line?.bytesSent).toBeGreaterThanOrEqual(answer.body.length);
        expect(line?.bytesSent).toBeLessThan(SIZE);
      },
    );

    stage.itNeeds(
      'standard-access-log',
      'writes the fields of the S3 server access log, and no signature',
      async () => {
        const id = nextLease();
        const disposition = 'attachment; filename="x"';
        await send(stage.url(KEY, { query: { 'x-bodega-lease': id, 'response-content-disposition': disposition } }), {
          headers: { 'user-agent': 'agent "quoted" 1', referer: 'https://shop.example/' },
        });

        const [entry] = await linesOf(id);

        const line = entry?.line ?? '';
        const strict =
          /^(\S+) (\S+) \[(\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d \+0000)\] (\S+) (\S+) ([0-9A-F]{16}) (\S+) (\S+) "([^"]*)" (\d{3}) (\S+) (\S+) (\S+) (\d+) (\d+) "([^"]*)" "([^"]*)" - (\S+) SigV4 - QueryString (\S+) - - -$/;
        const fields = strict.exec(line)?.slice(1) ?? [];
        expect(fields).toHaveLength(19);
        expect(fields[1]).toBe(stage.bucket);
        expect(fields[3]).toBe('127.0.0.1');
        expect(fields[4]).toBe(stage.subject().accessKeyId);
        expect(fields[6]).toBe('REST.GET.OBJECT');
        expect(decodeURIComponent(fields[7] ?? '')).toBe(KEY);
        expect(fields[9]).toBe('200');
        expect(fields[12]).toBe(String(SIZE));
        expect(fields[15]).toBe('https://shop.example/');
        expect(fields[16]).toBe('agent %22quoted%22 1');
        expect(fields[18]).toBe(new URL(stage.subject().endpoint).host);
        expect(line).toMatch(/X-Amz-Signature=REDACTED/);
        expect(line).not.toMatch(/X-Amz-Signature=[0-9a-f]{8}/);
      },
    );

    stage.itNeeds('standard-access-log', 'keeps a client from forging a line or a field', async () => {
      const id = nextLease();
      const url = `${stage.url(KEY, { query: { 'x-bodega-lease': id } })}&q="%20200%20-%20999999%20"`;

      await send(url, { headers: { 'user-agent': '" 200 - 999999 999999 1 1 "-" "' } });

      const line = await expectOneLine(id, { status: 403, bytesSent: (await linesOf(id))[0]?.bytesSent ?? -1 });
      expect(line.line.split('"')).toHaveLength(7);
    });
  });
}
