export { startPostgres } from './postgres/start-postgres.js';
export type { PostgresOptions, RunningPostgres } from './postgres/start-postgres.js';
export { startObjectStore } from './object-store/start-object-store.js';
export type { ObjectStoreServerOptions, RunningObjectStore } from './object-store/start-object-store.js';
export type { AccessLogOptions } from './object-store/access-log.js';
export type { FaultRequest, Faults } from './object-store/object-handlers.js';
export type { StoreCredential } from './object-store/sigv4-verify.js';
export { EmbeddedErrors } from './embedded.errors.js';
