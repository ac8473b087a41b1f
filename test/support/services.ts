import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@app/embedded';

/**
 * The real services behind the system tests, in a process of their own: started by global-setup.mjs, which reads the
 * addresses from the one line that this prints. They stop when the input closes, so nothing outlives a killed test run.
 */
const folder = await mkdtemp(join(tmpdir(), 'bodega-test-'));
// The server may run as another user than the tests, and must reach its folder.
await chmod(folder, 0o755);

const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), durable: false });
process.stdout.write(`${JSON.stringify({ TEST_DATABASE_URL: postgres.url })}\n`);

process.stdin.resume();
await new Promise((resolve) => {
  process.stdin.once('close', resolve);
  process.once('SIGTERM', resolve);
});
await postgres.stop();
await rm(folder, { recursive: true, force: true });
process.exit(0);
