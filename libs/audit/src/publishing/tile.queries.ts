import { Injectable } from '@nestjs/common';
import { HASH_BYTES, TILE_WIDTH, joinBundle, levelWidth, parseTilePath } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';
import { LogProofs } from '../proofs/log-proofs.js';
import { LogVerification } from '../verification/log-verification.js';
import { LogStore } from './log-store.js';

/** The resources of the tiled log, as far as a signed checkpoint covers them. */
@Injectable()
export class TileQueries {
  constructor(
    private readonly proofs: LogProofs,
    private readonly store: LogStore,
    private readonly verification: LogVerification,
  ) {}

  /** The signed note of now. @throws AUDIT_NOT_SIGNED */
  async checkpoint(ctx: RequestContext): Promise<string> {
    const signed = await this.proofs.signedCheckpoint(ctx);
    if (!signed) throw AuditErrors.NOT_SIGNED({});
    return signed.note;
  }

  /**
   * The bytes of a tile or an entry bundle, by its path below the log's address. A partial one is to be had for every size up to the
   * signed one: it is the beginning of what is stored. Hashes come from the store, entries from the very rows that the market
   * reads, each looked at before: who checks one against the other checks both.
   * @throws AUDIT_NO_SUCH_TILE, AUDIT_BROKEN
   * @see C2SP tlog-tiles
   */
  async tile(ctx: RequestContext, path: string): Promise<Buffer> {
    const tile = parseTilePath(path);
    const size = (await this.proofs.signedCheckpoint(ctx))?.size ?? 0;
    if (!tile) throw AuditErrors.NO_SUCH_TILE({ path });
    const there = Math.min(
      TILE_WIDTH,
      levelWidth(size, tile.level === 'entries' ? 0 : tile.level) - tile.index * TILE_WIDTH,
    );
    if (tile.width > there) throw AuditErrors.NO_SUCH_TILE({ path });
    if (tile.level === 'entries') {
      const first = tile.index * TILE_WIDTH;
      return joinBundle(await this.verification.intactLeaves(ctx, first, first + tile.width));
    }
    const bytes = await this.store.read({ ...tile, width: there });
    return bytes.subarray(0, tile.width * HASH_BYTES);
  }
}
