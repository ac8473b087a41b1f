import { startPostgres } from '@app/embedded';

/** Runs a server in a process of its own, which a test kills. Argument: the data folder. */
const [, , dataDir = ''] = process.argv;
const { url } = await startPostgres({ dataDir, durable: false });
process.stdout.write(`${url}\n`);
setInterval(() => undefined, 60_000);
