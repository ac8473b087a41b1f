import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const catalogSettings = declareSettings('catalog', {
  ingestMinutes: setting('INGEST_MINUTES', z.coerce.number().positive().max(1_440), {
    description: 'Longest time that checking one version may take',
    unit: 'minutes',
    default: '240',
  }),
});
