import 'reflect-metadata';
import { systemContext } from '@app/kernel';
import { MakeRenditionJob } from '../../../libs/renditions/src/making/make-rendition.job.js';
import { openRenditions } from './rendition-application.js';
import type { MarketEnvironment } from './rendition-application.js';

/** A worker that makes one rendition, until it is killed. */
const [versionId = '', target = '', environment = '{}'] = process.argv.slice(2);
const application = await openRenditions(JSON.parse(environment) as MarketEnvironment);
await application
  .get(MakeRenditionJob, { strict: false })
  .run(
    { versionId, target },
    { ctx: systemContext('test'), signal: new AbortController().signal, attempt: 1, maxAttempts: 10 },
  );
await application.close();
process.exit(0);
