import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const jobsSettings = declareSettings('jobs', {
  concurrency: setting('JOB_CONCURRENCY', z.coerce.number().int().min(1).max(64), {
    description: 'Jobs that one worker process runs at a time',
    unit: 'jobs',
    default: '2',
  }),
  stopS: setting('JOB_STOP_SECONDS', z.coerce.number().int().min(0).max(3600), {
    description: 'How long a stopping worker lets its jobs finish before it hands them back to the queue',
    unit: 'seconds',
    default: '5',
  }),
});
