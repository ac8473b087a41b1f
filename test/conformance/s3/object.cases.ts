import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CopyObjectCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ObjectStore } from '@app/storage';
import { putSigned } from './header-signer.js';
import { clientOf, errorCode, send } from './subject.js';
import type { Stage } from './subject.js';

const BODY = 'abcdefghijklmnopqrstuvwxyz';
const ETAG = `"${createHash('md5').update(BODY).digest('hex')}"`;

/** Keys that a file system would choke on, and that XML 1.0 and SDKs can still carry. */
const anyKey = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'a',
        '/',
        '//',
        '..',
        '.',
        ' ',
        '+',
        '#',
        '?',
        '%',
        '%2F',
        '&',
        '<',
        '"',
        "'",
        '\\',
        ':',
        '*',
        '~',
        '抓取',
        'é',
        '🤖',
        'CON',
        '.tmp',
      ),
      fc.string({ unit: 'grapheme-composite', minLength: 1, maxLength: 8 }),
      fc.constant('long'.repeat(60)),
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join(''))
  // A client library strips or refuses these before any server sees them.

  .filter(
    (key) =>
      !/[\u0000-\u001f\u007f-\u009f\ufffe\uffff]/.test(key) && !key.startsWith('/') && key !== '.' && key !== '..',
  );

export function describeObjects(stage: Stage): void {
  describe('objects', () => {
    const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: stage.bucket, Key: key });

    beforeAll(async () => {
      await stage.client().send(
        new PutObjectCommand({
          ...at('alphabet'),
          Body: BODY,
          ContentType: 'text/x-alphabet',
          Metadata: { maker: 'acme', note: 'left arm' },
        }),
      );
      await stage.client().send(new PutObjectCommand({ ...at('empty'), Body: Buffer.alloc(0), ContentLength: 0 }));
    });

    it('keeps body, type, metadata and ETag', async () => {
      const head = await stage.client().send(new HeadObjectCommand(at('alphabet')));
      const get = await stage.client().send(new GetObjectCommand(at('alphabet')));

      expect(head).toMatchObject({
        ContentLength: 26,
        ETag: ETAG,
        ContentType: 'text/x-alphabet',
        Metadata: { maker: 'acme', note: 'left arm' },
      });
      expect(get.ETag).toBe(ETAG);
      expect(await get.Body?.transformToString()).toBe(BODY);
    });

    it('keeps an empty object', async () => {
      const get = await stage.client().send(new GetObjectCommand(at('empty')));

      expect(get.ContentLength).toBe(0);
      expect(await get.Body?.transformToString()).toBe('');
    });

    it.each([
      ['bytes=0-0', 'a', 'bytes 0-0/26'],
      ['bytes=3-5', 'def', 'bytes 3-5/26'],
      ['bytes=20-', 'uvwxyz', 'bytes 20-25/26'],
      ['bytes=-3', 'xyz', 'bytes 23-25/26'],
      ['bytes=-99', BODY, 'bytes 0-25/26'],
      ['bytes=24-99', 'yz', 'bytes 24-25/26'],
    ])('serves the range %s', async (range, expected, contentRange) => {
      const answer = await send(stage.url('alphabet'), { headers: { range } });

      expect(answer.status).toBe(206);
      expect(answer.body.toString()).toBe(expected);
      expect(answer.headers['content-range']).toBe(contentRange);
      expect(answer.headers['content-length']).toBe(String(expected.length));
    });

    it('refuses a range behind the end', async () => {
      const answer = await send(stage.url('alphabet'), { headers: { range: 'bytes=26-' } });

      expect(answer.status).toBe(416);
      expect(errorCode(answer)).toBe('InvalidRange');
    });

    stage.itNeeds('range-grammar', 'ignores a range that makes no sense', async () => {
      for (const range of ['bytes=9-3', 'bytes=', 'lines=1-2', 'bytes=a-b', 'bytes=0-1,4-5']) {
        const answer = await send(stage.url('alphabet'), { headers: { range } });

        expect({ range, status: answer.status, body: answer.body.toString() }).toEqual({
          range,
          status: 200,
          body: BODY,
        });
      }
    });

    it('reads on conditions', async () => {
      const past = new Date(Date.now() - 86_400_000).toUTCString();
      const future = new Date(Date.now() + 86_400_000).toUTCString();
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await send(stage.url('alphabet'), { headers })).status;

      expect(await status({ 'if-match': ETAG })).toBe(200);
      expect(await status({ 'if-match': '"other"' })).toBe(412);
      expect(await status({ 'if-none-match': ETAG })).toBe(304);
      expect(await status({ 'if-none-match': '"other"' })).toBe(200);
      expect(await status({ 'if-modified-since': future })).toBe(304);
      expect(await status({ 'if-modified-since': past })).toBe(200);
      expect(await status({ 'if-unmodified-since': past })).toBe(412);
      expect(await status({ 'if-unmodified-since': future })).toBe(200);
    });

    it('sends no body with 304 and with HEAD', async () => {
      const unchanged = await send(stage.url('alphabet'), { headers: { 'if-none-match': ETAG } });
      const head = await send(stage.url('alphabet', { method: 'HEAD' }), { method: 'HEAD' });

      expect(unchanged.body).toHaveLength(0);
      expect(head.status).toBe(200);
      expect(head.body).toHaveLength(0);
      expect(head.headers['content-length']).toBe('26');
    });

    stage.itNeeds('etag-with-304', 'names the state that is unchanged', async () => {
      const unchanged = await send(stage.url('alphabet'), { headers: { 'if-none-match': ETAG } });

      expect(unchanged.headers.etag).toBe(ETAG);
      expect(unchanged.headers['last-modified']).toEqual(expect.any(String));
    });

    it('writes only what is new when told so', async () => {
      const put = (options: object): Promise<unknown> =>
        stage.client().send(new PutObjectCommand({ ...at('conditional'), Body: 'x', ...options }));

      await put({ IfNoneMatch: '*' });

      await expect(put({ IfNoneMatch: '*' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
      await expect(put({ IfMatch: '"other"' })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    });

    stage.itNeeds('if-match-on-writes', 'replaces only the state that the writer knows', async () => {
      const put = (Body: string, IfMatch?: string): Promise<{ ETag?: string }> =>
        stage.client().send(new PutObjectCommand({ ...at('replaced'), Body, IfMatch }));
      const { ETag } = await put('first');

      await put('second', ETag);

      await expect(put('third', ETag)).rejects.toMatchObject({ name: 'PreconditionFailed' });
      expect((await send(stage.url('replaced'))).body.toString()).toBe('second');
    });

    it('lets exactly one of many writers create a key', async () => {
      const attempts = Array.from({ length: 12 }, (_, i) =>
        stage.client().send(new PutObjectCommand({ ...at('race'), Body: String(i), IfNoneMatch: '*' })),
      );

      const results = await Promise.allSettled(attempts);

      expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
    });

    it('copies with metadata kept or replaced, and the copy outlives its source', async () => {
      const source = `${stage.bucket}/alphabet`;
      await stage.client().send(new CopyObjectCommand({ ...at('copies/kept'), CopySource: source }));
      await stage.client().send(
        new CopyObjectCommand({
          ...at('copies/new'),
          CopySource: source,
          MetadataDirective: 'REPLACE',
          ContentType: 'text/plain',
        }),
      );
      await stage
        .client()
        .send(new CopyObjectCommand({ ...at('copies/of copy'), CopySource: `${stage.bucket}/copies/kept` }));
      await stage.client().send(new DeleteObjectCommand(at('copies/kept')));

      const copy = await stage.client().send(new GetObjectCommand(at('copies/of copy')));
      const replaced = await stage.client().send(new HeadObjectCommand(at('copies/new')));

      expect(await copy.Body?.transformToString()).toBe(BODY);
      expect(copy.Metadata).toEqual({ maker: 'acme', note: 'left arm' });
      expect(replaced).toMatchObject({ ContentType: 'text/plain', Metadata: {} });
    });

    it('says what is missing', async () => {
      const client = stage.client();

      await expect(client.send(new GetObjectCommand(at('nowhere')))).rejects.toMatchObject({ name: 'NoSuchKey' });
      await expect(client.send(new HeadObjectCommand(at('nowhere')))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
      await expect(client.send(new HeadBucketCommand({ Bucket: 'no-such-bucket' }))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
      await expect(client.send(new GetObjectCommand({ Bucket: 'no-such-bucket', Key: 'x' }))).rejects.toMatchObject({
        name: 'NoSuchBucket',
      });
      await client.send(new DeleteObjectCommand(at('nowhere')));
    });

    it('lists its buckets', async () => {
      const { Buckets = [] } = await stage.client().send(new ListBucketsCommand({}));

      expect(Buckets.map((bucket) => bucket.Name)).toContain(stage.bucket);
    });

    it('refuses a body that is not the announced one, and keeps nothing of it', async () => {
      const wrongMd5 = send(
        stage.url('bad', { method: 'PUT', headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==' } }),
        {
          method: 'PUT',
          body: 'other',
          headers: { 'content-md5': 'AAAAAAAAAAAAAAAAAAAAAA==', 'content-length': '5' },
        },
      );

      expect(await wrongMd5).toMatchObject({ status: 400 });
      expect(errorCode(await wrongMd5)).toBe('BadDigest');
      expect((await send(stage.url('bad'))).status).toBe(404);
    });

    stage.itNeeds('checksums-verified', 'verifies checksum headers', async () => {
      const put = (checksum: object): Promise<unknown> =>
        stage.client().send(new PutObjectCommand({ ...at('checksum'), Body: 'hello', ...checksum }));

      await put({ ChecksumCRC32: 'NhCmhg==' });
      await put({ ChecksumCRC32C: 'mnG7TA==' });
      await put({ ChecksumSHA256: createHash('sha256').update('hello').digest('base64') });
      await expect(put({ ChecksumCRC32: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(put({ ChecksumCRC32C: 'AAAAAA==' })).rejects.toMatchObject({ name: 'BadDigest' });
      await expect(
        put({ ChecksumSHA256: createHash('sha256').update('other').digest('base64') }),
      ).rejects.toMatchObject({ name: 'BadDigest' });
    });

    stage.itNeeds(
      'checksum-trailers',
      'decodes and verifies streamed uploads with a trailer, for every algorithm',
      async () => {
        for (const ChecksumAlgorithm of ['CRC32', 'CRC32C', 'SHA1', 'SHA256'] as const) {
          const body = Buffer.alloc(300_000, ChecksumAlgorithm);
          await stage.client().send(
            new PutObjectCommand({
              ...at('trailer'),
              Body: streamOf(body),
              ContentLength: body.length,
              ChecksumAlgorithm,
            }),
          );

          const get = await stage.client().send(new GetObjectCommand({ ...at('trailer'), ChecksumMode: 'ENABLED' }));

          expect(Buffer.from((await get.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
          expect(get[`Checksum${ChecksumAlgorithm}`]).toEqual(expect.any(String));
          expect(get.ContentEncoding).toBeUndefined();
        }
      },
    );

    stage.itNeeds(
      'checksum-trailers',
      'refuses a trailer that does not match its body, or that is missing',
      async () => {
        const headers = {
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '5',
          'x-amz-trailer': 'x-amz-checksum-crc32',
        };
        const put = async (trailer: string): Promise<number> =>
          (await putSigned(stage, 'trailed', headers, () => `5\r\nhello\r\n0\r\n${trailer}\r\n`)).status;

        expect(await put('x-amz-checksum-crc32:AAAAAA==\r\n')).toBe(400);
        expect(await put('')).toBe(400);
        expect((await send(stage.url('trailed'))).status).toBe(404);
        expect(await put('x-amz-checksum-crc32:NhCmhg==\r\n')).toBe(200);
        expect((await send(stage.url('trailed'))).body.toString()).toBe('hello');
      },
    );

    it('takes a body of signed chunks, and refuses one with a changed, missing or cut chunk', async () => {
      const chunks = ['a'.repeat(70_000), 'b'.repeat(70_000), 'tail'];
      const headers = {
        'content-encoding': 'aws-chunked',
        'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
        'x-amz-decoded-content-length': '140004',
      };
      const put = async (key: string, change: (body: string) => string): Promise<number> =>
        (await putSigned(stage, key, headers, (signer) => change(signer.signedChunks(chunks)))).status;

      expect(await put('chunked', (body) => body)).toBe(200);
      expect((await send(stage.url('chunked'))).body.toString()).toBe(chunks.join(''));
      for (const change of [
        (body: string) => body.replace('tail', 'tale'),
        (body: string) => body.replace(/b{70000}/, 'c'.repeat(70_000)),
        (body: string) => body.slice(0, body.indexOf('4;chunk-signature')),
      ]) {
        expect([400, 403]).toContain(await put('chunked-bad', change));
      }
      expect((await send(stage.url('chunked-bad'))).status).toBe(404);
    });

    stage.itLacks('checksum-trailers', 'refuses checksum trailers with 411', async () => {
      const body = Buffer.alloc(1000);
      const put = stage.client().send(
        new PutObjectCommand({
          ...at('trailer'),
          Body: streamOf(body),
          ContentLength: body.length,
          ChecksumAlgorithm: 'CRC32',
        }),
      );

      await expect(put).rejects.toMatchObject({ $metadata: { httpStatusCode: 411 } });
    });

    it('keeps any key and body apart from every other', async () => {
      const client = clientOf(stage.subject());
      const bodies = new Map<string, Buffer>();

      await fc.assert(
        fc.asyncProperty(anyKey, fc.uint8Array({ maxLength: 2000 }), async (key, bytes) => {
          const body = Buffer.from(bytes);
          await client.send(new PutObjectCommand({ ...at(`any/${key}`), Body: body }));
          bodies.set(key, body);
          const answer = await send(stage.url(`any/${key}`));
          expect(answer.status).toBe(200);
          expect(answer.body.equals(body)).toBe(true);
        }),
        { numRuns: 60 },
      );

      const store = new ObjectStore({ ...stage.subject(), bucket: stage.bucket });
      const listed: string[] = [];
      for await (const object of store.list('any/')) listed.push(object.key.slice('any/'.length));
      const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
      expect(listed).toEqual([...bodies.keys()].sort(byBytes));
      for (const [key, body] of bodies) {
        expect(Buffer.from(await store.readRange(`any/${key}`, 0n, 4000)).equals(body)).toBe(true);
      }
      store.close();
      client.destroy();
    });
  });
}

/** A body whose length the SDK cannot see, so that it has to stream. */
function streamOf(body: Buffer): Readable {
  return Readable.from([body.subarray(0, 1000), body.subarray(1000)].filter((part) => part.length > 0));
}
