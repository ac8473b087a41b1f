import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

const endpoint = z.url({ protocol: /^https?$/ });
const bucketName = z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);

/** Where the objects are. `npm start` fills these in with the embedded store unless they are set. */
export const storageSettings = declareSettings('storage', {
  endpoint: setting('S3_ENDPOINT', endpoint, {
    description: 'URL of the S3 service as this process reaches it; `npm start` fills it in with the embedded store',
  }),
  publicEndpoint: setting('S3_PUBLIC_ENDPOINT', endpoint.optional(), {
    description:
      'URL of the S3 service as clients reach it, written into signed URLs; the same as S3_ENDPOINT unless set',
  }),
  bucket: setting('S3_BUCKET', bucketName, {
    description: 'Bucket that holds datasets and previews',
    default: 'bodega',
  }),
  logBucket: setting('S3_LOG_BUCKET', bucketName, {
    description: 'Bucket to which the store delivers its access log',
    default: 'bodega-logs',
  }),
  region: setting('S3_REGION', z.string().min(1), { description: 'Region that signatures name', default: 'us-east-1' }),
  accessKeyId: setting('S3_ACCESS_KEY_ID', z.string().min(3), { description: 'Access key of the S3 service' }),
  secretAccessKey: setting('S3_SECRET_ACCESS_KEY', z.string().min(8), {
    description: 'Secret of that access key',
    secret: true,
  }),
});
