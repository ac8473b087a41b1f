import 'reflect-metadata';
import { startWorker } from './worker.js';

await startWorker();
process.stdout.write('Worker is at work.\n');

// Started by another process: end when it is gone, even if it was killed.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
