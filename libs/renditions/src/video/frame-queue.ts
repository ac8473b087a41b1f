/** Hands bytes from one that makes them to one that takes them, one piece at a time: neither runs ahead. */
export class FrameQueue implements AsyncIterable<Uint8Array> {
  private waiting: { bytes: Uint8Array; taken: () => void; refused: (error: Error) => void } | null = null;
  private taker: ((result: IteratorResult<Uint8Array>) => void) | null = null;
  private ended: { error: Error | null } | null = null;

  /** Resolves once the piece is taken. @throws what `fail` was told */
  push(bytes: Uint8Array): Promise<void> {
    if (this.ended) return Promise.reject(this.ended.error ?? new Error('The queue is closed.'));
    if (this.taker) {
      const give = this.taker;
      this.taker = null;
      give({ done: false, value: bytes });
      return Promise.resolve();
    }
    return new Promise((taken, refused) => {
      this.waiting = { bytes, taken, refused };
    });
  }

  close(): void {
    this.end(null);
  }

  /** The taker is gone: whoever pushes is told why. */
  fail(error: Error): void {
    this.end(error);
  }

  private end(error: Error | null): void {
    this.ended ??= { error };
    if (error) {
      this.waiting?.refused(error);
      this.waiting = null;
    }
    this.taker?.({ done: true, value: undefined });
    this.taker = null;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () => {
        if (this.waiting) {
          const { bytes, taken } = this.waiting;
          this.waiting = null;
          taken();
          return Promise.resolve({ done: false, value: bytes });
        }
        if (this.ended) return Promise.resolve({ done: true, value: undefined });
        return new Promise((resolve) => {
          this.taker = resolve;
        });
      },
      return: () => {
        this.end(new Error('Nobody takes any more.'));
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}
