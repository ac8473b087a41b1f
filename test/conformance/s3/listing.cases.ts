import { DeleteObjectsCommand, ListObjectsCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { ObjectStore } from '@app/storage';
import type { Stage } from './subject.js';

const COUNT = 1_100;
const FOLDERS = 11;

export function describeListing(stage: Stage): void {
  describe('listings', () => {
    const keys = Array.from(
      { length: COUNT },
      (_, i) => `list/${String(i % FOLDERS).padStart(2, '0')}/${String(i).padStart(5, '0')}`,
    ).sort();

    beforeAll(async () => {
      const queue = [...keys];
      const put = async (): Promise<void> => {
        for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
          await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: key, Body: 'x' }));
        }
      };
      await Promise.all(Array.from({ length: 8 }, put));
    }, 120_000);

    it('gives 1,000 keys at most, then the rest by continuation', async () => {
      const first = await stage.client().send(new ListObjectsV2Command({ Bucket: stage.bucket, Prefix: 'list/' }));
      const second = await stage.client().send(
        new ListObjectsV2Command({
          Bucket: stage.bucket,
          Prefix: 'list/',
          ContinuationToken: first.NextContinuationToken,
        }),
      );

      expect(first.IsTruncated).toBe(true);
      expect(first.KeyCount).toBe(1000);
      expect(second.IsTruncated).toBe(false);
      expect([...(first.Contents ?? []), ...(second.Contents ?? [])].map((row) => row.Key)).toEqual(keys);
    });

    it('starts behind a key, and pages as small as asked', async () => {
      const page = await stage
        .client()
        .send(new ListObjectsV2Command({ Bucket: stage.bucket, Prefix: 'list/', StartAfter: keys[499], MaxKeys: 7 }));

      expect(page.Contents?.map((row) => row.Key)).toEqual(keys.slice(500, 507));
      expect(page.Contents?.[0]).toMatchObject({ Size: 1, ETag: '"9dd4e461268c8034f5c8564e155c67a6"' });
    });

    it('rolls keys up by delimiter, over pages too, in both versions of the call', async () => {
      const expected = Array.from({ length: FOLDERS }, (_, i) => `list/${String(i).padStart(2, '0')}/`);
      const v2: (string | undefined)[] = [];
      const v1: (string | undefined)[] = [];
      for (let token: string | undefined, more = true; more;) {
        const page = await stage.client().send(
          new ListObjectsV2Command({
            Bucket: stage.bucket,
            Prefix: 'list/',
            Delimiter: '/',
            MaxKeys: 4,
            ContinuationToken: token,
          }),
        );
        v2.push(...(page.CommonPrefixes ?? []).map((row) => row.Prefix));
        expect(page.Contents ?? []).toEqual([]);
        token = page.NextContinuationToken;
        more = page.IsTruncated === true;
      }
      for (let marker: string | undefined, more = true; more;) {
        const page = await stage.client().send(
          new ListObjectsCommand({
            Bucket: stage.bucket,
            Prefix: 'list/',
            Delimiter: '/',
            MaxKeys: 4,
            Marker: marker,
          }),
        );
        v1.push(...(page.CommonPrefixes ?? []).map((row) => row.Prefix));
        marker = page.NextMarker;
        more = page.IsTruncated === true;
      }

      expect(v2).toEqual(expected);
      expect(v1).toEqual(expected);
    });

    it('gives keys and groups side by side', async () => {
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'mixed/a', Body: 'x' }));
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'mixed/b/1', Body: 'x' }));
      await stage.client().send(new PutObjectCommand({ Bucket: stage.bucket, Key: 'mixed/c', Body: 'x' }));

      const page = await stage
        .client()
        .send(new ListObjectsV2Command({ Bucket: stage.bucket, Prefix: 'mixed/', Delimiter: '/' }));

      expect(page.Contents?.map((row) => row.Key)).toEqual(['mixed/a', 'mixed/c']);
      expect(page.CommonPrefixes?.map((row) => row.Prefix)).toEqual(['mixed/b/']);
    });

    it('deletes many at once', async () => {
      const doomed = keys.slice(0, 1000);

      const result = await stage.client().send(
        new DeleteObjectsCommand({
          Bucket: stage.bucket,
          Delete: { Objects: [...doomed, 'list/not there'].slice(1).map((Key) => ({ Key })) },
        }),
      );

      expect(result.Errors ?? []).toEqual([]);
      const left = await stage.client().send(new ListObjectsV2Command({ Bucket: stage.bucket, Prefix: 'list/' }));
      expect(left.Contents?.map((row) => row.Key)).toEqual([keys[0], ...keys.slice(1000)]);
    });

    it('is read by our own client page by page', async () => {
      const store = new ObjectStore({ ...stage.subject(), bucket: stage.bucket });

      const page = await store.listPage('list/', { limit: 60 });
      const all: string[] = [];
      for await (const object of store.list('list/')) all.push(object.key);
      store.close();

      expect(page.objects).toHaveLength(60);
      expect(page.next).toBe(page.objects[59]?.key);
      expect(all).toEqual([keys[0], ...keys.slice(1000)]);
    });
  });
}
