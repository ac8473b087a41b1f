import { createHash, randomBytes } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect, it } from '@jest/globals';
import { send } from './subject.js';
import type { Stage } from './subject.js';

const PART_BYTES = 5 * 1024 * 1024;

export function describeMultipart(stage: Stage): void {
  describe('multipart uploads', () => {
    const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: stage.bucket, Key: key });

    async function begin(key: string): Promise<{ UploadId: string; Bucket: string; Key: string }> {
      const { UploadId = '' } = await stage
        .client()
        .send(new CreateMultipartUploadCommand({ ...at(key), ContentType: 'application/x-big' }));
      return { ...at(key), UploadId };
    }

    it('joins three parts that came out of order, through signed part URLs', async () => {
      const upload = await begin('multi/joined');
      const parts = [randomBytes(PART_BYTES), randomBytes(PART_BYTES + 1), randomBytes(1234)];
      const etags = new Map<number, string>();
      for (const number of [3, 1, 2]) {
        const body = parts[number - 1] ?? Buffer.alloc(0);
        const url = stage.url('multi/joined', {
          method: 'PUT',
          query: { uploadId: upload.UploadId, partNumber: String(number) },
        });
        const answer = await send(url, { method: 'PUT', body, headers: { 'content-length': String(body.length) } });
        expect(answer.status).toBe(200);
        etags.set(number, answer.headers.etag ?? '');
      }

      await stage.client().send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: { Parts: [1, 2, 3].map((PartNumber) => ({ PartNumber, ETag: etags.get(PartNumber) })) },
        }),
      );

      const whole = Buffer.concat(parts);
      const md5s = Buffer.concat(parts.map((part) => createHash('md5').update(part).digest()));
      const got = await send(stage.url('multi/joined'));
      expect(got.headers.etag).toBe(`"${createHash('md5').update(md5s).digest('hex')}-3"`);
      expect(got.body.equals(whole)).toBe(true);
      expect(got.headers['content-type']).toBe('application/x-big');
      // A range over both seams.
      const [from, to] = [PART_BYTES - 10, 2 * PART_BYTES + 10];
      const ranged = await send(stage.url('multi/joined'), { headers: { range: `bytes=${from}-${to}` } });
      expect(ranged.status).toBe(206);
      expect(ranged.body.equals(whole.subarray(from, to + 1))).toBe(true);
    });

    it('resumes by asking which parts are there; a part sent again replaces the first', async () => {
      const upload = await begin('multi/resumed');
      const client = stage.client();
      await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: Buffer.alloc(PART_BYTES, 'old') }));
      await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: Buffer.alloc(PART_BYTES, 'new') }));

      const first = await client.send(new ListPartsCommand(upload));
      await client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'end' }));
      const paged = await client.send(new ListPartsCommand({ ...upload, MaxParts: 1 }));
      const rest = await client.send(new ListPartsCommand({ ...upload, PartNumberMarker: paged.NextPartNumberMarker }));

      expect(first.Parts?.map(({ PartNumber, Size }) => ({ PartNumber, Size }))).toEqual([
        { PartNumber: 1, Size: PART_BYTES },
      ]);
      expect(paged.IsTruncated).toBe(true);
      expect(rest.Parts?.map((part) => part.PartNumber)).toEqual([2]);
      const Parts = [...(paged.Parts ?? []), ...(rest.Parts ?? [])].map(({ PartNumber, ETag }) => ({
        PartNumber,
        ETag,
      }));
      await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
      const got = await send(stage.url('multi/resumed'));
      expect(got.body.toString('latin1', 0, 6)).toBe('newnew');
      expect(got.body.length).toBe(PART_BYTES + 3);
    });

    it('shows nothing before it is complete, and nothing after it was given up', async () => {
      const upload = await begin('multi/aborted');
      await stage.client().send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'part' }));
      const before = await stage
        .client()
        .send(new ListMultipartUploadsCommand({ Bucket: stage.bucket, Prefix: 'multi/aborted' }));

      await stage.client().send(new AbortMultipartUploadCommand(upload));

      const after = await stage
        .client()
        .send(new ListMultipartUploadsCommand({ Bucket: stage.bucket, Prefix: 'multi/aborted' }));
      expect(before.Uploads?.map((one) => one.UploadId)).toEqual([upload.UploadId]);
      expect(after.Uploads ?? []).toEqual([]);
      await expect(stage.client().send(new ListPartsCommand(upload))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
      await expect(stage.client().send(new HeadObjectCommand(at('multi/aborted')))).rejects.toMatchObject({
        $metadata: { httpStatusCode: 404 },
      });
    });

    it('refuses to complete with a missing part, a wrong tag, or twice', async () => {
      const upload = await begin('multi/refused');
      const client = stage.client();
      const one = await client.send(
        new UploadPartCommand({ ...upload, PartNumber: 1, Body: Buffer.alloc(PART_BYTES, '1') }),
      );
      const two = await client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'end' }));
      const complete = (...Parts: { PartNumber: number; ETag?: string }[]): Promise<unknown> =>
        client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));
      const first = { PartNumber: 1, ETag: one.ETag };
      const second = { PartNumber: 2, ETag: two.ETag };

      await expect(complete(first, { PartNumber: 3, ETag: two.ETag })).rejects.toMatchObject({ name: 'InvalidPart' });
      await expect(complete({ PartNumber: 1, ETag: '"00000000000000000000000000000000"' })).rejects.toMatchObject({
        name: 'InvalidPart',
      });
      await complete(first, second);
      expect((await send(stage.url('multi/refused'))).body.length).toBe(PART_BYTES + 3);
      await expect(
        client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'late' })),
      ).rejects.toMatchObject({ name: 'NoSuchUpload' });
    });

    stage.itNeeds('part-order', 'refuses parts that are not listed in order', async () => {
      const upload = await begin('multi/order');
      const part = { ...upload, PartNumber: 1, Body: Buffer.alloc(PART_BYTES) };
      const { ETag: first } = await stage.client().send(new UploadPartCommand(part));
      const { ETag: second } = await stage.client().send(new UploadPartCommand({ ...part, PartNumber: 2 }));
      const Parts = [
        { PartNumber: 2, ETag: second },
        { PartNumber: 1, ETag: first },
      ];

      const completed = stage
        .client()
        .send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }));

      await expect(completed).rejects.toMatchObject({ name: 'InvalidPartOrder' });
    });

    it('refuses a part in the middle that is smaller than 5 MiB', async () => {
      const upload = await begin('multi/small');
      const client = stage.client();
      const one = await client.send(new UploadPartCommand({ ...upload, PartNumber: 1, Body: 'small' }));
      const two = await client.send(new UploadPartCommand({ ...upload, PartNumber: 2, Body: 'end' }));

      const completed = client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          MultipartUpload: {
            Parts: [
              { PartNumber: 1, ETag: one.ETag },
              { PartNumber: 2, ETag: two.ETag },
            ],
          },
        }),
      );

      await expect(completed).rejects.toMatchObject({ name: 'EntityTooSmall' });
      expect((await send(stage.url('multi/small'))).status).toBe(404);
    });
  });
}
