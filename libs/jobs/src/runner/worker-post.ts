import { once } from 'node:events';
import type { Candidacy, Leadership } from '../leadership/leadership.js';
import { workerPost } from './orphans.js';

/** The part of the queue's plugin form that we use. */
interface WorkerPlugin {
  readonly name: string;
  readonly version: string;
  readonly worker: {
    readonly hooks: {
      readonly startWorker: (
        ctx: unknown,
        event: { readonly worker: { readonly workerPool: { readonly id: string } } },
      ) => Promise<void>;
    };
  };
}

/** Sign of life of one runner: it holds the post of its worker id before it takes its first job and until its last is done. */
export class WorkerPost {
  private id: string | null = null;
  private candidacy: Candidacy | null = null;
  private term: AbortSignal | null = null;
  private waiting: ((term: AbortSignal) => void)[] = [];

  constructor(private readonly leadership: Leadership) {}

  /** The id under which the runner locks its jobs; empty before it starts. */
  get workerId(): string {
    return this.id ?? '';
  }

  /** Learns the runner's id from the queue, and holds its workers up until the post is held. */
  plugin(): WorkerPlugin {
    return {
      name: 'bodega-worker-post',
      version: '1.0.0',
      worker: {
        hooks: {
          startWorker: async (_ctx, { worker }) => {
            this.take(worker.workerPool.id);
            await this.held();
          },
        },
      },
    };
  }

  /** Resolves while the post is held, with the signal that tells of its loss. @throws when the given signal aborts first */
  async held(signal?: AbortSignal): Promise<AbortSignal> {
    if (this.term && !this.term.aborted) return this.term;
    return new Promise((resolve, reject) => {
      this.waiting.push(resolve);
      signal?.addEventListener('abort', () => reject(new Error('The worker is stopping.')), { once: true });
    });
  }

  async leave(): Promise<void> {
    await this.candidacy?.resign();
    this.candidacy = null;
  }

  private take(workerId: string): void {
    if (this.candidacy) return;
    this.id = workerId;
    this.candidacy = this.leadership.lead(workerPost(workerId), async (term) => {
      this.term = term;
      for (const resolve of this.waiting.splice(0)) resolve(term);
      if (!term.aborted) await once(term, 'abort');
    });
  }
}
