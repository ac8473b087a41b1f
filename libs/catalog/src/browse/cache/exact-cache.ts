import type { OutgoingHttpHeaders } from 'node:http';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { CatalogEpoch } from '../catalog-epoch.js';

/** Memory for ready answers. */
const CACHE_BYTES = 64 * 1024 * 1024;
/** One answer may not push out all others. */
const ANSWER_BYTES_MAX = 1024 * 1024;

export interface ReadyAnswer {
  readonly body: Buffer;
  readonly headers: OutgoingHttpHeaders;
}

/** Where an answer may be put once it is made: nowhere any more when the catalogue has moved since. */
export interface Ticket {
  readonly key: string;
  readonly epoch: number;
}

/**
 * Ready answers to anonymous operations over public catalogue facts. Right by construction: the key is the whole request,
 * any move of the catalogue empties it, an answer begun before a move is not kept, and while the catalogue is not followed
 * it neither answers nor keeps.
 */
@Injectable()
export class ExactCache {
  private readonly answers = new LRUCache<string, ReadyAnswer>({
    maxSize: CACHE_BYTES,
    maxEntrySize: ANSWER_BYTES_MAX,
    sizeCalculation: ({ body }, key) => 512 + body.length + 2 * key.length,
  });

  constructor(private readonly epoch: CatalogEpoch) {
    epoch.onMove(() => this.answers.clear());
  }

  get size(): number {
    return this.answers.size;
  }

  get(key: string): ReadyAnswer | undefined {
    return this.epoch.isFollowing ? this.answers.get(key) : undefined;
  }

  /** Taken before the operation runs. */
  ticket(key: string): Ticket | null {
    return this.epoch.isFollowing ? { key, epoch: this.epoch.current } : null;
  }

  put(ticket: Ticket, answer: ReadyAnswer): void {
    if (this.epoch.isFollowing && ticket.epoch === this.epoch.current) this.answers.set(ticket.key, answer);
  }
}
