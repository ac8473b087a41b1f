import { CreateBucketCommand } from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, jest } from '@jest/globals';
import { describeAccessLog } from './access-log.cases.js';
import { describeListing } from './listing.cases.js';
import { describeMultipart } from './multipart.cases.js';
import { describeObjects } from './object.cases.js';
import { describeRestart } from './restart.cases.js';
import { describeSignedUrls } from './signed-url.cases.js';
import { clientOf, makeStage } from './subject.js';
import type { Capability, Subject } from './subject.js';

const CASE_MS = 60_000;
const START_MS = 180_000;

/**
 * What Bodega asks of an S3 server, whoever wrote it.
 *
 * @param lacks what this server is known not to do, with the reason; printed, and where it answers otherwise that is tested.
 */
export function describeS3(
  name: string,
  lacks: Partial<Record<Capability, string>>,
  start: () => Promise<Subject>,
): void {
  describe(name, () => {
    let subject: Subject | undefined;
    let client: S3Client | undefined;
    jest.setTimeout(CASE_MS);

    const stage = makeStage(name, lacks, () => {
      if (!subject) throw new Error(`${name} has not started`);
      client ??= clientOf(subject);
      return { subject, client };
    });

    beforeAll(async () => {
      const started = await start();
      const { restart } = started;
      subject = restart
        ? {
            ...started,
            restart: async () => {
              client?.destroy();
              client = undefined;
              await restart();
            },
          }
        : started;
      await stage.client().send(new CreateBucketCommand({ Bucket: stage.bucket }));
    }, START_MS);

    afterAll(async () => {
      client?.destroy();
      await subject?.stop();
    }, CASE_MS);

    describeSignedUrls(stage);
    describeObjects(stage);
    describeMultipart(stage);
    describeListing(stage);
    describeAccessLog(stage);
    describeRestart(stage);
  });
}
