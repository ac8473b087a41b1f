import type { CageAnswer, CageSaying } from './protocol.js';

/** Says something to the parent, and waits until it has dealt with it. */
export type Say<Message> = (message: Message) => Promise<void>;

function tell<Message>(saying: CageSaying<Message>): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!process.send) reject(new Error('This program is started by the worker.'));
    else process.send(saying, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}

function hear<T>(): Promise<T> {
  return new Promise((resolve) => process.once('message', (message) => resolve(message as T)));
}

async function tellAndWait<Message>(saying: CageSaying<Message>): Promise<void> {
  const answer = hear<CageAnswer>();
  await tell(saying);
  await answer;
}

function fail(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  void tell({ kind: 'failed', message })
    .catch(() => undefined)
    .finally(() => process.exit(1));
}

/**
 * The program of a caged child: one order in, messages out, then it ends. `say` serves one caller at a time.
 * @see runCaged
 */
export async function caged<Order, Message>(work: (order: Order, say: Say<Message>) => Promise<void>): Promise<void> {
  // Decoders may leave a second failing read behind; that ends this work, not silently this process.
  process.on('unhandledRejection', fail);
  // A parent that was killed has nobody to tell: nothing is read for nobody.
  process.once('disconnect', () => process.exit(1));
  try {
    let turn: Promise<unknown> = Promise.resolve();
    await work(await hear<Order>(), (message) => {
      const said = turn.then(() => tellAndWait<Message>({ kind: 'say', message }));
      turn = said.catch(() => undefined);
      return said;
    });
    await tellAndWait({ kind: 'end' });
    process.exit(0);
  } catch (error) {
    fail(error);
  }
}
