export { commitIdOf, compareByPath, fileLeaf, leafHash, merkleRoot, merkleRootOf, nodeHash } from './file-tree-hash.js';
export type { HashedFile } from './file-tree-hash.js';
export { ID_PREFIXES, newId, isId, kindOfId } from './ids.js';
export type { IdKind } from './ids.js';
export { DomainError, HTTP_STATUS_OF_KIND, KernelErrors, declaredErrors, defineErrors, refusal } from './errors.js';
export type { ErrorKind, ErrorDetails, ErrorListing, ErrorDefinition } from './errors.js';
export {
  SCOPES,
  systemContext,
  asAnyone,
  requireUser,
  requireProvider,
  requireBuyer,
  requireAdmin,
  requireScope,
  sightOf,
} from './context.js';
export type { Actor, UserActor, RequestContext, Scope, Sight, Transaction } from './context.js';
export { Clock, SystemClock } from './clock.js';
export { processEnvironment } from './environment.js';
export type { Environment } from './environment.js';
export { canonicalJson } from './canonical-json.js';
export { CURRENCIES, formatMoney } from './money.js';
export type { Currency, Money } from './money.js';
export { PAGE_CAP, pageSize, encodeCursor, decodeCursor, toPage } from './page.js';
export type { Page, PageRequest } from './page.js';
export { validate } from './validate.js';
export type { Schema } from './validate.js';
export { CompactRange, EMPTY_ROOT, TILE_HEIGHT } from './transparency/compact-range.js';
export type { Subtree } from './transparency/compact-range.js';
export { formatCheckpoint, openCheckpoint, openEarlierCheckpoint, parseCheckpoint } from './transparency/checkpoint.js';
export type { Checkpoint } from './transparency/checkpoint.js';
export {
  NoteProblem,
  formatVkey,
  fromBase64,
  isKeyName,
  noteKeyId,
  openNote,
  parseVkey,
  signNote,
  splitNote,
} from './transparency/signed-note.js';
export type { NoteKey, NoteSigner, OpenedNote } from './transparency/signed-note.js';
export {
  HASH_BYTES,
  MAX_ENTRY_BYTES,
  TILE_WIDTH,
  joinBundle,
  levelWidth,
  parseTilePath,
  partialTiles,
  splitBundle,
  splitTile,
  tilePath,
} from './transparency/tiles.js';
export type { TileCoordinates } from './transparency/tiles.js';
export { LogProblem, replayLog } from './transparency/replay-log.js';
export type { LogSource, ReplayOptions } from './transparency/replay-log.js';
export { TileEdge } from './transparency/tile-edge.js';
export type { FullTile } from './transparency/tile-edge.js';
