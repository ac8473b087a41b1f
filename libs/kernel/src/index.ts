export { commitIdOf, compareByPath, fileLeaf, leafHash, merkleRoot, merkleRootOf, nodeHash } from './file-tree-hash.js';
export type { HashedFile } from './file-tree-hash.js';
export { ID_PREFIXES, newId, isId, kindOfId } from './ids.js';
export type { IdKind } from './ids.js';
export { DomainError, HTTP_STATUS_OF_KIND, KernelErrors, declaredErrors, defineErrors, refusal } from './errors.js';
export type { ErrorKind, ErrorDetails, ErrorListing, ErrorDefinition } from './errors.js';
export {
  SCOPES,
  systemContext,
  requireUser,
  requireProvider,
  requireBuyer,
  requireAdmin,
  requireScope,
  sightOf,
} from './context.js';
export type { Actor, UserActor, RequestContext, Scope, Sight, Transaction } from './context.js';
export { Clock, SystemClock } from './clock.js';
export { canonicalJson } from './canonical-json.js';
export { CURRENCIES, formatMoney } from './money.js';
export type { Currency, Money } from './money.js';
export { PAGE_CAP, pageSize, encodeCursor, decodeCursor, toPage } from './page.js';
export type { Page, PageRequest } from './page.js';
export { validate } from './validate.js';
export type { Schema } from './validate.js';
