import 'reflect-metadata';
import { startServer } from './server.js';

const { url } = await startServer();
process.stdout.write(`API listens on ${url}\n`);

// Started by another process: end when it is gone, even if it was killed.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));
