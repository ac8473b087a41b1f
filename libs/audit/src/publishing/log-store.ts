import { buffer } from 'node:stream/consumers';
import { Injectable } from '@nestjs/common';
import { LogProblem, TILE_WIDTH, levelWidth, parseCheckpoint, splitNote, tilePath } from '@app/kernel';
import type { LogSource, TileCoordinates } from '@app/kernel';
import { ObjectStore, StorageErrors } from '@app/storage';

const PREFIX = 'log/';
const CHECKPOINT = `${PREFIX}checkpoint`;
/** Looks for a tile at an edge that moves every second. */
const ATTEMPTS = 5;
const TILE_TYPE = 'application/octet-stream';

/**
 * The log in the object store, in the layout of tlog-tiles: full tiles and bundles that never change, those at the right edge for
 * the size of the checkpoint beside them, and that checkpoint. A copy of this prefix is a log that anybody can serve or check.
 */
@Injectable()
export class LogStore implements LogSource {
  constructor(private readonly store: ObjectStore) {}

  /** The signed note of the size up to which everything is here; null before the first. */
  async checkpoint(): Promise<Buffer | null> {
    return this.find(CHECKPOINT);
  }

  async putCheckpoint(note: string): Promise<void> {
    await this.store.put(CHECKPOINT, note, { contentType: 'text/plain; charset=utf-8' });
  }

  /** Null when it is not here. */
  async tile(tile: TileCoordinates): Promise<Buffer | null> {
    return this.find(PREFIX + tilePath(tile));
  }

  /**
   * The tile, or the wider one that it has grown into. @throws LogProblem when neither is here
   */
  async read(tile: TileCoordinates): Promise<Buffer> {
    let wanted = tile;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const found = (await this.tile(wanted)) ?? (await this.tile({ ...tile, width: TILE_WIDTH }));
      if (found) return found;
      // The edge may have moved on: its tiles are named by their widths of now.
      wanted = await this.atEdge(tile);
    }
    throw new LogProblem(`${tilePath(tile)} is missing`);
  }

  async put(tile: TileCoordinates, bytes: Uint8Array): Promise<void> {
    await this.store.put(PREFIX + tilePath(tile), bytes, { contentType: TILE_TYPE });
  }

  async remove(tile: TileCoordinates): Promise<void> {
    await this.store.delete(PREFIX + tilePath(tile));
  }

  private async atEdge(tile: TileCoordinates): Promise<TileCoordinates> {
    const note = await this.checkpoint();
    const size = note ? parseCheckpoint(splitNote(note).text).size : 0;
    const width = levelWidth(size, tile.level === 'entries' ? 0 : tile.level) - tile.index * TILE_WIDTH;
    return width > tile.width && width < TILE_WIDTH ? { ...tile, width } : tile;
  }

  private async find(key: string): Promise<Buffer | null> {
    try {
      return await buffer(await this.store.get(key));
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }
}

const MISSING = StorageErrors.OBJECT_MISSING({ key: '' }).code;

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === MISSING;
}
