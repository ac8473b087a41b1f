import { defineErrors, refusal } from '@app/kernel';

export const DatabaseErrors = defineErrors('DATABASE', {
  BUSY: refusal('CONFLICT', () => 'Somebody changed the same thing at the same moment; try again.', {}),
  UNAVAILABLE: refusal('UNAVAILABLE', () => 'The database is not reachable right now; try again shortly.', {}),
});

const CONNECTION_STATES = new Set(['57P01', '57P02', '57P03', '08000', '08001', '08003', '08004', '08006', '53300']);
const CONNECTION_ERRNOS = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND']);

/** SQLSTATE (or Node's errno) of a driver's error, whoever wrapped it; null when it has none. */
export function sqlStateOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  if ('driverError' in error) return sqlStateOf(error.driverError);
  return null;
}

/** Name of the violated constraint, or null. */
export function constraintOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('constraint' in error && typeof error.constraint === 'string') return error.constraint;
  if ('driverError' in error) return constraintOf(error.driverError);
  return null;
}

/** Unique or exclusion violation. */
export function isDuplicate(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === '23505' || state === '23P01';
}

/** Whether the connection, not the statement, failed. */
export function isConnectionFailure(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== null) return CONNECTION_STATES.has(state) || CONNECTION_ERRNOS.has(state);
  return error instanceof Error && /Connection terminated|timeout exceeded when trying to connect/.test(error.message);
}
