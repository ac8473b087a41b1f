import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  ListPartsCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { describe, expect } from '@jest/globals';
import { send } from './subject.js';
import type { Stage } from './subject.js';

export function describeRestart(stage: Stage): void {
  describe('restart', () => {
    const at = (key: string): { Bucket: string; Key: string } => ({ Bucket: stage.bucket, Key: key });

    stage.itNeeds('restart', 'keeps objects, their metadata and the parts of unfinished uploads', async () => {
      const client = stage.client();
      await client.send(new PutObjectCommand({ ...at('kept/object'), Body: 'before', Metadata: { a: 'b' } }));
      const { UploadId } = await client.send(new CreateMultipartUploadCommand(at('kept/upload')));
      await client.send(new UploadPartCommand({ ...at('kept/upload'), UploadId, PartNumber: 1, Body: 'part' }));

      await stage.subject().restart?.();

      const get = await stage.client().send(new GetObjectCommand(at('kept/object')));
      expect(await get.Body?.transformToString()).toBe('before');
      expect(get.Metadata).toEqual({ a: 'b' });
      const { Parts = [] } = await stage.client().send(new ListPartsCommand({ ...at('kept/upload'), UploadId }));
      await stage.client().send(
        new CompleteMultipartUploadCommand({
          ...at('kept/upload'),
          UploadId,
          MultipartUpload: { Parts: Parts.map(({ PartNumber, ETag }) => ({ PartNumber, ETag })) },
        }),
      );
      expect((await send(stage.url('kept/upload'))).body.toString()).toBe('part');
    });

    stage.itNeeds('restart', 'delivers each line of the access log exactly once', async () => {
      const ids = Array.from({ length: 5 }, (_, i) => `lse_restart_${i}`);
      for (const id of ids) await send(stage.url('kept/object', { query: { 'x-bodega-lease': id } }));

      await stage.subject().restart?.();
      await stage.subject().restart?.();

      const log = await stage.subject().accessLog();
      for (const id of ids) expect(log.filter((entry) => entry.uri.includes(`x-bodega-lease=${id}&`))).toHaveLength(1);
      expect(new Set(log.map((entry) => entry.requestId)).size).toBe(log.length);
    });
  });
}
