import 'reflect-metadata';
import { startWorker } from './worker.js';

// Started by another process: end when it is gone, even if it was killed while we come up.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

try {
  await startWorker();
  process.stdout.write('Worker is at work.\n');
} catch (error) {
  process.stderr.write(`The worker could not start. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
