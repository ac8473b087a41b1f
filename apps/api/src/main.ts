import 'reflect-metadata';
import { startServer } from './server.js';

try {
  const { url } = await startServer();
  process.stdout.write(`API listens on ${url}\n`);
} catch (error) {
  process.stderr.write(`The API could not start. ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

// Started by another process: end when it is gone, even if it was killed.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
