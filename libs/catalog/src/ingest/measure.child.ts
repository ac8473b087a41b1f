import { measureDataset } from '@app/formats';
import type { EpisodeFact } from '@app/formats';
import { hashOf, httpFileTree } from './http-file-tree.js';
import type { MeasureAck, MeasureMessage, MeasureOrder } from './ingest.types.js';

/** Entry of the caged process that reads untrusted bytes: one order in, facts out, then it ends. */

const BATCH = 200;

function say(message: MeasureMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!process.send) reject(new Error('This program is started by the worker.'));
    else process.send(message, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

function nextMessage(): Promise<MeasureOrder | MeasureAck> {
  return new Promise((resolve) => process.once('message', (message) => resolve(message as MeasureOrder | MeasureAck)));
}

async function measure(order: MeasureOrder): Promise<void> {
  const hashes: Record<string, string> = {};
  let done = 0;
  for (const file of order.files) {
    hashes[file.path] = (await hashOf(file)).sha256;
    done += file.sizeBytes;
    await say({ kind: 'progress', step: 'hash', done, total: order.files.reduce((sum, f) => sum + f.sizeBytes, 0) });
  }
  let batch: EpisodeFact[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length === 0) return;
    const ack = nextMessage();
    await say({ kind: 'episodes', episodes: batch });
    batch = [];
    await ack;
  };
  const result = await measureDataset(httpFileTree(order.files), {
    onEpisode: async (episode) => {
      batch.push(episode);
      if (batch.length >= BATCH) await flush();
    },
  });
  await flush();
  await say({ kind: 'done', measure: result, hashes });
}

// hyparquet may leave a second failing read behind; that ends this job, not silently this process.
process.on('unhandledRejection', (error) => {
  void say({ kind: 'unreadable', message: error instanceof Error ? error.message : String(error) }).finally(() =>
    process.exit(1),
  );
});

// A worker that was killed has nobody to tell: nothing is read for nobody.
const endAlone = (): never => process.exit(1);
process.once('disconnect', endAlone);

const order = (await nextMessage()) as MeasureOrder;
await measure(order);
process.off('disconnect', endAlone);
process.disconnect?.();
