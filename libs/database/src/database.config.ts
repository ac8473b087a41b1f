import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const databaseSettings = declareSettings('database', {
  url: setting('DATABASE_URL', z.string().regex(/^postgres(ql)?:\/\//), {
    description: 'PostgreSQL connection URL; `npm start` fills it in with the embedded server',
    secret: true,
  }),
  poolSize: setting('DATABASE_POOL', z.coerce.number().int().min(2).max(200), {
    description: 'Connections that one process may hold',
    unit: 'connections',
    default: '16',
  }),
});
