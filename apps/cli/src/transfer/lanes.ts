/** Lets at most `width` pieces of work run at once; the rest wait in order. */
export class Lanes {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly width: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.running < this.width) this.running++;
    // A lane that falls free is handed over still counted, so that nobody slips in between.
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running--;
    }
  }
}

/**
 * Works through a lazy list with `width` workers; the list is only read as fast as they work. The first failure stops the
 * others through their signal, and is thrown once all have come to rest, so that no file is still written afterwards.
 */
export async function forEachInLanes<T>(
  items: AsyncIterable<T>,
  width: number,
  signal: AbortSignal,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const joint = AbortSignal.any([signal, stop.signal]);
  const iterator = items[Symbol.asyncIterator]();
  // An async generator queues calls of next() itself, so the workers may all ask it.
  const worker = async (): Promise<void> => {
    while (!joint.aborted) {
      const { done, value } = await iterator.next();
      if (done) return;
      await work(value, joint);
    }
  };
  let failure: { readonly error: unknown } | null = null;
  await Promise.all(
    Array.from({ length: width }, () =>
      worker().catch((error: unknown) => {
        failure ??= { error };
        stop.abort(error);
      }),
    ),
  );
  signal.throwIfAborted();
  const failed = failure as { readonly error: unknown } | null;
  if (failed) throw failed.error;
}
