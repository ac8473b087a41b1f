import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const apiSettings = declareSettings('api', {
  port: setting('PORT', z.coerce.number().int().min(0).max(65_535), {
    description: 'Port of the API and the storefront; 0 takes any free one',
    default: '3000',
  }),
  host: setting('HOST', z.string(), { description: 'Address that the API listens on', default: '127.0.0.1' }),
  trustProxy: setting(
    'TRUST_PROXY',
    z.enum(['true', 'false']).transform((v) => v === 'true'),
    {
      description: 'Whether a proxy in front sets X-Forwarded-For and may be believed',
      default: 'false',
    },
  ),
});
