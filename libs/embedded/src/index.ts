export { startPostgres } from './postgres/start-postgres.js';
export type { PostgresOptions, RunningPostgres } from './postgres/start-postgres.js';
export { EmbeddedErrors } from './embedded.errors.js';
