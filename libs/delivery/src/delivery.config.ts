import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

/** A leaked or outlived URL dies within this time, whatever the operator sets (design.md, promise 4). */
export const MAX_LEASE_S = 300;

export const deliverySettings = declareSettings('delivery', {
  leaseS: setting('LEASE_SECONDS', z.coerce.number().int().min(10).max(MAX_LEASE_S), {
    description: 'How long the signed URLs of a lease can be started',
    unit: 'seconds',
    default: String(MAX_LEASE_S),
  }),
  logPrefix: setting('S3_LOG_PREFIX', z.string().max(512), {
    description: 'Prefix under which the store delivers its access log into S3_LOG_BUCKET',
    default: '',
  }),
});
