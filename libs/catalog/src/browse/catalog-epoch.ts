import { Injectable } from '@nestjs/common';

/**
 * How far this process has followed the catalogue. Whatever is computed from public facts may be kept as long as the epoch
 * does not move, and only while the catalogue is followed at all.
 */
@Injectable()
export class CatalogEpoch {
  private readonly listeners: (() => void)[] = [];
  private epoch = 0;
  private following = false;

  get current(): number {
    return this.epoch;
  }

  /** False while changes of other processes might go unheard. */
  get isFollowing(): boolean {
    return this.following;
  }

  onMove(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** A change was heard of, or has been taken in: what was computed before must not be kept. */
  move(): void {
    this.epoch++;
    for (const listener of this.listeners) listener();
  }

  setFollowing(isFollowing: boolean): void {
    if (this.following === isFollowing) return;
    this.following = isFollowing;
    this.move();
  }
}
