import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { createPresigner } from '@app/storage';
import { clientOf, errorCode, openReader, send } from './subject.js';
import type { LoggedRequest, RawAnswer, Stage } from './subject.js';

const SECRET = 'the bytes that only a right signature may see';
const KEY = 'signed/抓取 #1?%+&=.txt';

/** Refused, and not a byte of the object with it. */
function expectRefusal(answer: RawAnswer, statuses: readonly number[] = [403]): void {
  expect(statuses).toContain(answer.status);
  expect(answer.body.toString()).not.toContain(SECRET.slice(0, 8));
}

/** More than the buffers between store and reader hold. */
const LARGE = Buffer.alloc(64 << 20, 'large ');

/** The line of a request that has ended, as soon as the log has it. */
async function loggedAs(stage: Stage, requestId: string): Promise<LoggedRequest> {
  for (;;) {
    const found = (await stage.subject().accessLog()).find((line) => line.requestId === requestId);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Changes one parameter of a signed URL after it was signed. */
function tamper(url: string, change: (parameters: URLSearchParams) => void): string {
  const changed = new URL(url);
  change(changed.searchParams);
  return changed.toString();
}

export function describeSignedUrls(stage: Stage): void {
  describe('signed URLs', () => {
    beforeAll(async () => {
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: KEY, Body: SECRET }));
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'signed/plain', Body: SECRET }));
    });

    it('serves a URL of our presigner, names in any script, with its lease parameter', async () => {
      const answer = await send(stage.url(KEY, { query: { 'x-bodega-lease': 'lse_1' } }));

      expect(answer.status).toBe(200);
      expect(answer.body.toString()).toBe(SECRET);
    });

    it('serves a URL of the AWS presigner', async () => {
      const url = await getSignedUrl(stage.client(), new GetObjectCommand({ Bucket: stage.bucket, Key: KEY }));

      expect((await send(url)).body.toString()).toBe(SECRET);
    });

    it('accepts an upload through a signed PUT and refuses the same URL for another key', async () => {
      const url = stage.url('signed/up.txt', { method: 'PUT' });

      const stored = await send(url, { method: 'PUT', body: 'uploaded', headers: { 'content-length': '8' } });
      const moved = await send(url.replace('up.txt', 'other.txt'), {
        method: 'PUT',
        body: 'uploaded',
        headers: { 'content-length': '8' },
      });

      expect(stored.status).toBe(200);
      expectRefusal(moved);
      expect((await send(stage.url('signed/up.txt'))).body.toString()).toBe('uploaded');
      expect((await send(stage.url('signed/other.txt'))).status).toBe(404);
    });

    it('overrides the headers that were signed, and only those', async () => {
      const query = {
        'response-content-disposition': 'attachment; filename="a.bin"',
        'response-content-type': 'application/x-test',
      };

      const { headers } = await send(stage.url(KEY, { query }));
      const added = await send(`${stage.url(KEY)}&response-content-type=text%2Fhtml`);

      expect(headers['content-disposition']).toBe(query['response-content-disposition']);
      expect(headers['content-type']).toBe('application/x-test');
      expectRefusal(added);
    });

    it('refuses an anonymous reader', async () => {
      const answer = await send(`${stage.subject().endpoint}/${stage.bucket}/signed/plain`);

      expectRefusal(answer);
      expect(errorCode(answer)).toBe('AccessDenied');
    });

    it('refuses a forged signature, a wrong secret and an unknown key', async () => {
      const { subject } = stage;
      const url = stage.url('signed/plain');
      const request = {
        method: 'GET',
        endpoint: new URL(subject().endpoint),
        bucket: stage.bucket,
        key: 'signed/plain',
        expiresS: 300,
        now: new Date(),
      } as const;

      const forged = await send(tamper(url, (q) => q.set('X-Amz-Signature', '0'.repeat(64))));
      const short = await send(tamper(url, (q) => q.set('X-Amz-Signature', '')));
      const wrongSecret = await send(
        createPresigner({ ...subject(), secretAccessKey: 'something else' }).presign(request),
      );
      const unknownKey = await send(createPresigner({ ...subject(), accessKeyId: 'NOSUCHKEY' }).presign(request));

      expectRefusal(forged);
      expectRefusal(short, [400, 403]);
      expectRefusal(wrongSecret);
      expectRefusal(unknownKey);
      expect(errorCode(forged)).toBe('SignatureDoesNotMatch');
      expect(errorCode(wrongSecret)).toBe('SignatureDoesNotMatch');
      expect(errorCode(unknownKey)).toBe('InvalidAccessKeyId');
    });

    it('refuses a URL whose path, lease, lifetime or date was changed', async () => {
      const url = stage.url('signed/plain', { query: { 'x-bodega-lease': 'lse_1' } });

      expectRefusal(await send(url.replace('signed/plain', 'signed/other')));
      expectRefusal(await send(url.replace('signed/plain', 'signed//plain')));
      expectRefusal(await send(url.replace('signed/plain', 'signed/x/../plain')));
      expectRefusal(await send(tamper(url, (q) => q.set('x-bodega-lease', 'lse_2'))));
      expectRefusal(await send(tamper(url, (q) => q.delete('x-bodega-lease'))));
      expectRefusal(await send(tamper(url, (q) => q.set('X-Amz-Expires', '301'))));
      expectRefusal(await send(tamper(url, (q) => q.set('X-Amz-Expires', '604801'))), [400, 403]);
      expectRefusal(await send(tamper(url, (q) => q.set('X-Amz-Date', '20260101T000000Z'))), [400, 403]);
      expectRefusal(await send(`${url}&x-bodega-lease=lse_2`));
      expectRefusal(await send(`${url}&X-Amz-Expires=604800`), [400, 403]);
    });

    it('refuses another method, and another host', async () => {
      const url = stage.url('signed/plain');

      expectRefusal(await send(url, { method: 'HEAD' }));
      expectRefusal(await send(url, { method: 'DELETE' }));
      expectRefusal(await send(url, { method: 'PUT', body: 'x', headers: { 'content-length': '1' } }));
      expectRefusal(await send(url, { headers: { host: 'elsewhere.example' } }), [403, 404]);
      expect((await send(url)).body.toString()).toBe(SECRET);
    });

    it('refuses an expired URL', async () => {
      const expired = await send(stage.url('signed/plain', { now: new Date(Date.now() - 301_000) }));

      expectRefusal(expired);
      expect(errorCode(expired)).toBe('AccessDenied');
    });

    stage.itNeeds('clock', 'lets a URL die when its time is over, and never live before it', async () => {
      const url = stage.url('signed/plain', { expiresS: 60 });
      const later = stage.url('signed/plain', { now: new Date(Date.now() + 16 * 60_000) });
      expect((await send(url)).status).toBe(200);
      expectRefusal(await send(later));

      stage.subject().advanceClock?.(61_000);
      const dead = await send(url);
      stage.subject().advanceClock?.(-61_000);

      expectRefusal(dead);
      expect(dead.body.toString()).toContain('Request has expired');
    });

    stage.itNeeds('clock', 'caps the life of a URL that was signed for a week', async () => {
      const url = stage.url('signed/plain', { expiresS: 604_800 });

      stage.subject().advanceClock?.(3_601_000);
      const dead = await send(url);
      stage.subject().advanceClock?.(-3_601_000);

      expectRefusal(dead);
      expect((await send(url)).status).toBe(200);
    });

    stage.itNeeds(
      'downloads-end-with-their-url',
      'breaks off a download whose URL is over, and counts it',
      async () => {
        await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'signed/large', Body: LARGE }));
        const reader = await openReader(stage.url('signed/large', { expiresS: 60 }));

        await reader.next();
        stage.subject().advanceClock?.(61_000);
        await reader.rest();
        stage.subject().advanceClock?.(-61_000);

        expect([reader.answer.statusCode, reader.answer.complete]).toEqual([200, false]);
        const logged = await loggedAs(stage, reader.requestId);
        expect(logged.bytesSent).toBeGreaterThanOrEqual(reader.bytes);
        expect(logged.bytesSent).toBeLessThan(LARGE.length);
      },
    );

    stage.itNeeds('downloads-end-with-their-url', 'does not wait for a reader who has stopped reading', async () => {
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'signed/large', Body: LARGE }));
      const reader = await openReader(stage.url('signed/large', { expiresS: 2 }));

      // Not one more byte is read until the store itself has ended the request.
      const logged = await loggedAs(stage, reader.requestId);
      await reader.rest();

      expect(logged.bytesSent).toBeLessThan(LARGE.length);
      expect(reader.answer.complete).toBe(false);
      expect(reader.bytes).toBeLessThanOrEqual(logged.bytesSent);
    });

    stage.itNeeds('clock', 'refuses a header signature that is more than 15 minutes off', async () => {
      stage.subject().advanceClock?.(15 * 60_000 + 2_000);
      const client = clientOf(stage.subject());
      const error: unknown = await client
        .send(new GetObjectCommand({ Bucket: stage.bucket, Key: KEY }))
        .catch((e: unknown) => e);
      client.destroy();
      stage.subject().advanceClock?.(-(15 * 60_000 + 2_000));

      expect(error).toMatchObject({ name: 'RequestTimeTooSkewed' });
    });

    it('pins a signed range: a wider one, none, or another spelling is refused', async () => {
      const url = stage.url('signed/plain', { headers: { range: 'bytes=0-9' } });

      const exact = await send(url, { headers: { range: 'bytes=0-9' } });

      expect(exact.status).toBe(206);
      expect(exact.body.toString()).toBe(SECRET.slice(0, 10));
      expectRefusal(await send(url, { headers: { range: 'bytes=0-10' } }));
      expectRefusal(await send(url, { headers: { range: 'bytes=0-' } }));
      expectRefusal(await send(url));
    });

    stage.itNeeds('strict-unsigned-headers', 'refuses an x-amz header that was added after signing', async () => {
      const url = stage.url('signed/plain', { method: 'PUT' });

      const answer = await send(url, {
        method: 'PUT',
        headers: { 'x-amz-copy-source': `/${stage.bucket}/${encodeURIComponent(KEY)}` },
      });

      expectRefusal(answer);
      expect(errorCode(answer)).toBe('AccessDenied');
    });

    it('refuses two credentials at once', async () => {
      const answer = await send(stage.url('signed/plain'), {
        headers: { authorization: 'AWS4-HMAC-SHA256 Credential=x' },
      });

      expectRefusal(answer, [400, 403]);
    });

    it('refuses a wrong secret in the header', async () => {
      const client = clientOf(stage.subject(), {
        accessKeyId: stage.subject().accessKeyId,
        secretAccessKey: 'not the secret',
      });

      await expect(client.send(new GetObjectCommand({ Bucket: stage.bucket, Key: KEY }))).rejects.toMatchObject({
        name: 'SignatureDoesNotMatch',
        $metadata: { httpStatusCode: 403 },
      });
      client.destroy();
    });

    stage.itNeeds('read-only-keys', 'lets a read-only key read and never write', async () => {
      const { readOnlyKey } = stage.subject();
      if (!readOnlyKey) throw new Error('the subject promised a read-only key');
      const client = clientOf(stage.subject(), readOnlyKey);

      const read = await client.send(new GetObjectCommand({ Bucket: stage.bucket, Key: KEY }));
      const write = client.send(new PutObjectCommand({ Bucket: stage.bucket, Key: KEY, Body: 'overwritten' }));

      await expect(write).rejects.toMatchObject({ name: 'AccessDenied' });
      expect(await read.Body?.transformToString()).toBe(SECRET);
      client.destroy();
    });

    stage.itNeeds('cors-without-configuration', 'lets a page of another origin use a signed URL', async () => {
      const headers = {
        origin: 'https://shop.example',
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type',
      };

      const preflight = await send(`${stage.subject().endpoint}/${stage.bucket}/signed/plain`, {
        method: 'OPTIONS',
        headers,
      });
      const { headers: answered } = await send(stage.url('signed/plain'), {
        headers: { origin: 'https://shop.example' },
      });

      expect(preflight.status).toBe(204);
      expect(preflight.headers['access-control-allow-methods']).toContain('PUT');
      expect(preflight.headers['access-control-allow-headers']).toBe('content-type');
      expect(answered['access-control-allow-origin']).toBe('*');
      expect(answered['access-control-expose-headers']).toContain('ETag');
    });
  });
}
