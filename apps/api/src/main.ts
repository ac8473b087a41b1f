import 'reflect-metadata';
import { startServer } from './server.js';

// Started by another process: end when it is gone, even if it was killed while we come up.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

try {
  const { url } = await startServer();
  process.stdout.write(`API listens on ${url}\n`);
} catch (error) {
  process.stderr.write(`The API could not start. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
