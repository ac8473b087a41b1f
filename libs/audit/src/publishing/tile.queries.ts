import { Injectable } from '@nestjs/common';
import { HASH_BYTES, TILE_WIDTH, joinBundle, levelWidth, parseTilePath, splitBundle } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';
import { LogProofs } from '../proofs/log-proofs.js';
import { LogStore } from './log-store.js';

/** The resources of the tiled log, as far as a signed checkpoint covers them. */
@Injectable()
export class TileQueries {
  constructor(
    private readonly proofs: LogProofs,
    private readonly store: LogStore,
  ) {}

  /** The signed note of now. @throws AUDIT_NOT_SIGNED */
  async checkpoint(ctx: RequestContext): Promise<string> {
    const signed = await this.proofs.signedCheckpoint(ctx);
    if (!signed) throw AuditErrors.NOT_SIGNED({});
    return signed.note;
  }

  /**
   * The bytes of a tile or an entry bundle, by its path below the log's address. A partial one is to be had for every size up to the
   * signed one: it is the beginning of what is stored.
   * @throws AUDIT_NO_SUCH_TILE
   * @see C2SP tlog-tiles
   */
  async tile(ctx: RequestContext, path: string): Promise<Buffer> {
    const tile = parseTilePath(path);
    const size = (await this.proofs.signedCheckpoint(ctx))?.size ?? 0;
    if (!tile) throw AuditErrors.NO_SUCH_TILE({ path });
    const level = tile.level === 'entries' ? 0 : tile.level;
    const there = Math.min(TILE_WIDTH, levelWidth(size, level) - tile.index * TILE_WIDTH);
    if (tile.width > there) throw AuditErrors.NO_SUCH_TILE({ path });
    const bytes = await this.store.read({ ...tile, width: there });
    if (tile.width === TILE_WIDTH) return bytes;
    return tile.level === 'entries'
      ? joinBundle(splitBundle(bytes).slice(0, tile.width))
      : bytes.subarray(0, tile.width * HASH_BYTES);
  }
}
