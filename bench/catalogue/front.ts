import 'reflect-metadata';
import { startServer } from '../../apps/api/src/server.js';

/** The real API, as `npm start` runs it, on the bench's database. Its store is never asked. */
const { url } = await startServer({
  environment: {
    ...process.env,
    PORT: '0',
    S3_ENDPOINT: 'http://127.0.0.1:9',
    S3_BUCKET: 'bench',
    S3_REGION: 'us-east-1',
    S3_ACCESS_KEY_ID: 'bench',
    S3_SECRET_ACCESS_KEY: 'bench-never-asked',
  },
});
process.send?.({ port: Number(new URL(url).port) });
process.on('disconnect', () => process.exit(0));
