import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import {
  Clock,
  HASH_BYTES,
  NoteProblem,
  TILE_WIDTH,
  TileEdge,
  joinBundle,
  leafHash,
  noteKeyId,
  parseVkey,
  partialTiles,
  splitTile,
} from '@app/kernel';
import type { FullTile, RequestContext, TileCoordinates } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';
import { Audit } from '../leaves/audit.js';
import { AuditQueries } from '../reading/audit.queries.js';
import type { CheckpointRow } from '../reading/audit.queries.js';
import { LogKeys } from '../signing/log-keys.js';
import { LogStore } from './log-store.js';

/** Leaves on their way at a time: bounds the memory. */
const PAGE_LEAVES = 1_024;
/** After so many a checkpoint is signed, so that a long way is not gone twice when the process dies on it. */
const ROUND_LEAVES = 65_536;

interface SignedState extends Record<string, unknown> {
  size: number;
  rootHash: Buffer;
  note: string | null;
  keys: string[];
}

/** A size that the tree had or has, and its root. */
interface KnownRoot {
  readonly size: number;
  readonly rootHash: Buffer;
  readonly whose: string;
}

/**
 * Publishes the sequenced leaves: tiles into the store, then a signature, then the checkpoint. What it signs extends by construction
 * what it signed before: it starts from the published tiles, whose root must be that of the published checkpoint, and adds
 * the leaves of the database, passing through the root of every checkpoint that is known. Everything may be done twice, also by two at once.
 */
@Injectable()
export class LogPublisher {
  /** The last note that this process saw in the store, so that an idle log is not read every second. */
  private published: string | null = null;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly audit: Audit,
    private readonly queries: AuditQueries,
    private readonly keys: LogKeys,
    private readonly store: LogStore,
  ) {}

  /** Publishes everything sequenced so far. @throws AUDIT_CONTRADICTION */
  async publishAll(ctx: RequestContext): Promise<void> {
    while (await this.publishRound(ctx));
  }

  /**
   * Publishes some of what is new. Does nothing without a key.
   * @returns whether there is more
   * @throws AUDIT_CONTRADICTION when a signature would contradict an earlier one
   */
  async publishRound(ctx: RequestContext): Promise<boolean> {
    if (!this.keys.canSign) return false;
    const signed = await this.signedState(ctx);
    if (signed.keys.join(' ') !== this.keys.signing.join(' ')) await this.recordKeys(ctx);
    const tip = await this.queries.checkpoint(ctx);
    if (tip.size === signed.size && signed.note === this.published) return false;
    const stored = await this.storedCheckpoint();
    refuseContradiction(tip, signed, stored, signed.note === null ? null : this.open(signed.note, 'in the database'));
    if (tip.size === 0) return false;
    const edge = await this.publishedEdge(stored);
    const isAnew = edge.size < (stored?.size ?? signed.size);
    const to = Math.max(Math.min(tip.size, edge.size + ROUND_LEAVES), signed.size);
    const known = [
      ...(stored ? [{ ...stored, whose: 'the checkpoint in the store' }] : []),
      { ...signed, whose: 'the last signed checkpoint' },
      { ...tip, whose: 'the tip' },
    ];
    // What was published must not be overwritten by leaves that are not those of then.
    if (isAnew) await this.addLeaves(ctx, new TileEdge(), to, known, () => Promise.resolve());
    const lastEntries = await this.addLeaves(ctx, edge, to, known, (tile, bytes) => this.store.put(tile, bytes));
    await this.writeEdge(edge, lastEntries);
    const note = await this.sign(ctx, signed, edge);
    // Somebody else has signed meanwhile: he goes on with it, and so do we in the next round.
    if (note === null) return true;
    await this.store.putCheckpoint(note);
    this.published = note;
    await this.removeOldEdge(stored?.size ?? 0, edge.size);
    return edge.size < tip.size;
  }

  private async signedState(ctx: RequestContext, lock = ''): Promise<SignedState> {
    const [row] = await this.database.query<SignedState>(
      ctx,
      `select size, root_hash as "rootHash", note, keys from audit_signed_checkpoint ${lock}`,
    );
    if (!row) throw AuditErrors.CONTRADICTION({ problem: 'the row of the last signed checkpoint is gone' });
    return row;
  }

  private async storedCheckpoint(): Promise<{ size: number; rootHash: Buffer } | null> {
    const note = await this.store.checkpoint();
    return note && this.open(note, 'in the store');
  }

  private open(note: string | Buffer, where: string): { size: number; rootHash: Buffer } {
    try {
      return this.keys.open(note);
    } catch (error) {
      if (!(error instanceof NoteProblem)) throw error;
      const problem = `the checkpoint ${where} is not one that our keys signed (${error.message}); if keys were changed, the public half of the old one must stay beside the new`;
      throw AuditErrors.CONTRADICTION({ problem }, error);
    }
  }

  /** The edge from which to go on. Where tiles are lost or damaged that is the beginning: everything is written anew. */
  private async publishedEdge(stored: { size: number; rootHash: Buffer } | null): Promise<TileEdge> {
    if (!stored) return new TileEdge();
    const rows: Buffer[][] = [];
    for (const tile of partialTiles(stored.size)) {
      const bytes = await this.store.tile(tile);
      if (bytes?.length !== tile.width * HASH_BYTES) return new TileEdge();
      for (let level = rows.length; level < tile.level; level++) rows.push([]);
      rows.push(splitTile(bytes));
    }
    const edge = new TileEdge(stored.size, rows);
    return edge.root().equals(stored.rootHash) ? edge : new TileEdge();
  }

  /** Adds the leaves up to a size, and gives away what becomes full on the way. Returns the entries of the bundle that did not. */
  private async addLeaves(
    ctx: RequestContext,
    edge: TileEdge,
    to: number,
    known: readonly KnownRoot[],
    put: (tile: TileCoordinates, bytes: Buffer) => Promise<void>,
  ): Promise<Buffer[]> {
    const start = edge.size;
    let entries: Buffer[] = [];
    // From the beginning of the bundle that is not full: its earlier leaves are in the edge already.
    let next = start - (start % TILE_WIDTH);
    passThrough(edge, known);
    while (next < to) {
      const page = await this.leaves(ctx, next, Math.min(next + PAGE_LEAVES, to));
      if (page.length === 0) throw AuditErrors.CONTRADICTION({ problem: `leaf ${next} is missing in the database` });
      const writes: Promise<void>[] = [];
      for (const { seq, leaf } of page) {
        if (seq !== next) throw AuditErrors.CONTRADICTION({ problem: `leaf ${next} is missing in the database` });
        next += 1;
        entries.push(leaf);
        const hash = leafHash(leaf);
        if (seq < start) {
          if (edge.row(0)[seq % TILE_WIDTH]?.equals(hash)) continue;
          throw AuditErrors.CONTRADICTION({ problem: `leaf ${seq} is not the one that was published` });
        }
        const full: FullTile[] = [];
        edge.append(hash, (tile) => full.push(tile));
        passThrough(edge, known);
        for (const { level, index, hashes } of full) {
          writes.push(put({ level, index, width: TILE_WIDTH }, Buffer.concat(hashes)));
          if (level > 0) continue;
          writes.push(put({ level: 'entries', index, width: TILE_WIDTH }, joinBundle(entries)));
          entries = [];
        }
      }
      await allDone(writes);
    }
    return entries;
  }

  private async writeEdge(edge: TileEdge, lastEntries: readonly Buffer[]): Promise<void> {
    await allDone(
      partialTiles(edge.size).flatMap((tile) => [
        this.store.put(tile, Buffer.concat(edge.row(tile.level))),
        ...(tile.level === 0 ? [this.store.put({ ...tile, level: 'entries' }, joinBundle(lastEntries))] : []),
      ]),
    );
  }

  /** Signs, with the size and root in the same transaction; null when another has signed since. */
  private sign(ctx: RequestContext, before: SignedState, edge: TileEdge): Promise<string | null> {
    return this.database.transaction(ctx, async (ctx) => {
      const now = await this.signedState(ctx, 'for update');
      if (now.note !== before.note) return null;
      if (edge.size === now.size) return now.note;
      const rootHash = edge.root();
      const note = this.keys.sign(edge.size, rootHash);
      await this.database.query(
        ctx,
        'update audit_signed_checkpoint set size = $1, root_hash = $2, note = $3, at = $4',
        [edge.size, rootHash, note, this.clock.now()],
      );
      return note;
    });
  }

  /** Tiles of an earlier edge; whoever still asks for them gets the beginning of the wider ones. */
  private async removeOldEdge(sizeBefore: number, size: number): Promise<void> {
    const paths = (tiles: readonly TileCoordinates[]): Set<string> =>
      new Set(tiles.map(({ level, index, width }) => `${level}/${index}/${width}`));
    const kept = paths(partialTiles(size));
    const old = partialTiles(sizeBefore).filter((tile) => [...paths([tile])].every((path) => !kept.has(path)));
    await allDone(
      old.flatMap((tile) => [
        this.store.remove(tile),
        ...(tile.level === 0 ? [this.store.remove({ ...tile, level: 'entries' })] : []),
      ]),
    );
  }

  /** A change of keys is an act like others: whoever follows the log sees when a key came and when it went. */
  private recordKeys(ctx: RequestContext): Promise<void> {
    return this.database.transaction(ctx, async (ctx) => {
      const { keys: before } = await this.signedState(ctx, 'for update');
      const now = this.keys.signing;
      const tell = async (action: string, vkey: string): Promise<void> => {
        const id = noteKeyId(parseVkey(vkey)).toString('hex');
        await this.audit.record(ctx, { action, subject: { kind: 'log_key', id }, facts: { vkey } });
      };
      for (const vkey of now) if (!before.includes(vkey)) await tell('log_key.introduced', vkey);
      for (const vkey of before) if (!now.includes(vkey)) await tell('log_key.retired', vkey);
      await this.database.query(ctx, 'update audit_signed_checkpoint set keys = $1', [now]);
    });
  }

  private leaves(ctx: RequestContext, from: number, to: number): Promise<{ seq: number; leaf: Buffer }[]> {
    return this.database.query(ctx, 'select seq, leaf from audit_log where seq >= $1 and seq < $2 order by seq', [
      from,
      to,
    ]);
  }
}

/** What can be told before any leaf is read. */
function refuseContradiction(
  tip: CheckpointRow,
  signed: SignedState,
  stored: { size: number; rootHash: Buffer } | null,
  note: { size: number; rootHash: Buffer } | null,
): void {
  const refuse = (problem: string): never => {
    throw AuditErrors.CONTRADICTION({ problem });
  };
  if (note && (note.size !== signed.size || !note.rootHash.equals(signed.rootHash))) {
    refuse('the row of the last signed checkpoint is not what its note says');
  }
  if (stored && stored.size > signed.size) {
    refuse(
      `the store publishes a checkpoint of ${stored.size} leaves, and the database knows of ${signed.size} signed; it was restored from an older backup`,
    );
  }
  if (tip.size < signed.size) {
    refuse(
      `the database holds ${tip.size} leaves, and ${signed.size} were signed; it was restored from an older backup`,
    );
  }
}

/** @throws AUDIT_CONTRADICTION when the tree has a known size and another root */
function passThrough(edge: TileEdge, known: readonly KnownRoot[]): void {
  for (const { size, rootHash, whose } of known) {
    if (size !== edge.size || edge.root().equals(rootHash)) continue;
    throw AuditErrors.CONTRADICTION({ problem: `the first ${size} leaves do not have the root of ${whose}` });
  }
}

/** Waits for all of them, also when one fails: nothing may still be writing when the next round begins. */
async function allDone(writes: readonly Promise<void>[]): Promise<void> {
  for (const outcome of await Promise.allSettled(writes)) {
    if (outcome.status === 'rejected') throw outcome.reason;
  }
}
