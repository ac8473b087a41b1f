import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const identitySettings = declareSettings('identity', {
  sessionSecret: setting('SESSION_SECRET', z.string().min(32).optional(), {
    description: 'Key that signs access tokens; when unset, one is made and kept in the database',
    secret: true,
  }),
  accessMinutes: setting('ACCESS_TOKEN_MINUTES', z.coerce.number().int().min(1).max(60), {
    description: 'Life of an access token',
    unit: 'minutes',
    default: '15',
  }),
  refreshDays: setting('REFRESH_TOKEN_DAYS', z.coerce.number().int().min(1).max(365), {
    description: 'Life of a session without use',
    unit: 'days',
    default: '30',
  }),
  signInsPerQuarter: setting('SIGN_IN_ATTEMPTS', z.coerce.number().int().min(1), {
    description: 'Sign-in attempts allowed for one e-mail in a quarter of an hour (an address gets five times as many)',
    unit: 'attempts',
    default: '10',
  }),
});
