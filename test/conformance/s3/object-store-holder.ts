import { startObjectStore } from '@app/embedded';

/** Runs a store in a process of its own, which a test kills. Arguments: data folder, port, access key, secret, pause between deliveries. */
const [, , dataDir = '', port = '0', accessKeyId = '', secretAccessKey = '', flushMs = '50'] = process.argv;
const { url } = await startObjectStore({
  dataDir,
  port: Number(port),
  region: 'us-east-1',
  credentials: [{ accessKeyId, secretAccessKey }],
  buckets: ['kept'],
  accessLog: { bucket: 'logs', prefix: 'access/', flushMs: Number(flushMs) },
});
process.stdout.write(`${url}\n`);
