import { MediaLook } from '@app/catalog';
import { systemContext } from '@app/kernel';
import { startWorker } from '../../../apps/worker/src/worker.js';
import { lookOrderOf } from './look-order.js';

/** A worker that looks at one version, until it is killed. */
const [versionId = ''] = process.argv.slice(2);
const worker = await startWorker();
const order = await lookOrderOf(worker, versionId);
await worker.get(MediaLook, { strict: false }).look(systemContext('test'), order);
await worker.close();
