import {
  LogProblem,
  NoteProblem,
  formatVkey,
  openCheckpoint,
  openEarlierCheckpoint,
  openNote,
  parseVkey,
  replayLog,
} from '@app/kernel';
import type { Checkpoint, NoteKey, ReplayOptions } from '@app/kernel';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { KnownLogs } from '../local/log/known-logs.js';
import { LogResources } from '../transfer/log-resources.js';

/** A checkpoint that somebody kept. */
export interface KeptCheckpoint {
  /** Where it was kept, for people. */
  readonly where: string;
  readonly note: string | Uint8Array;
}

export interface AuditOptions {
  /** Verifier key to trust, and no other. */
  readonly key?: string;
  readonly kept?: readonly KeptCheckpoint[];
  readonly onEntries?: ReplayOptions['onEntries'];
}

/** A log that was recomputed from end to end. */
export interface AuditedLog extends Checkpoint {
  readonly endpoint: string;
  /** Verifier keys that signed the checkpoint, of those that are trusted. */
  readonly keys: readonly string[];
  /** The signed note, to be kept. */
  readonly note: string;
  /** Sizes of the older checkpoints that the log was shown to extend. */
  readonly extends: readonly number[];
  readonly isFirstTime: boolean;
}

/**
 * Recomputes a market's whole log over the network: the signature of its checkpoint, every leaf, every tile, the root, and that it extends
 * every older checkpoint that is known here. Then remembers the checkpoint.
 * @throws LogProblem, NoteProblem when it is not what was signed
 */
export async function auditLog(
  invocation: Invocation,
  { key, kept = [], onEntries }: AuditOptions,
): Promise<AuditedLog> {
  const { endpoint } = await invocation.session();
  const resources = new LogResources(endpoint, invocation.signal);
  const logs = new KnownLogs(invocation.environment.configDir);
  const known = await logs.of(endpoint);
  const published = await resources.vkeys();
  const trusted = (key === undefined ? (known?.keys ?? published) : [key]).map(keyOf);
  const note = Buffer.from(await resources.checkpoint());
  const current = openCheckpoint(note, trusted);
  const older = [
    ...kept,
    ...(known ? [{ where: 'the checkpoint that was verified here before', note: known.checkpoint }] : []),
  ].map(({ where, note }) => ({ where, ...openKept(note, where, [...trusted, ...published.map(keyOf)]) }));
  for (const { where, size } of older) {
    if (size > current.size) {
      throw new LogProblem(`the log has shrunk: it has ${current.size} leaves, and ${where} covers ${size}`);
    }
  }
  const roots = await replayLog(resources, current.size, {
    rootsAt: older.map(({ size }) => size),
    ...(onEntries && { onEntries }),
  });
  if (!roots.get(current.size)?.equals(current.rootHash)) {
    throw new LogProblem('the leaves do not have the root that the checkpoint names');
  }
  for (const { where, size, rootHash } of older) {
    if (roots.get(size)?.equals(rootHash)) continue;
    throw new LogProblem(`the log was rewritten: its first ${size} leaves are not those of ${where}`);
  }
  // A key that signs the same checkpoint as a trusted one is vouched for: so a change of keys is followed.
  const signers = openNote(note, [...trusted, ...published.map(keyOf)]).verifiedBy.map(formatVkey);
  const keys = key === undefined ? [...new Set([...trusted.map(formatVkey), ...signers])] : [key.trim()];
  await logs.keep(endpoint, { keys: key === undefined || !known ? keys : known.keys, checkpoint: note.toString() });
  return {
    ...current,
    endpoint,
    keys: [...new Set(signers.filter((vkey) => keys.includes(vkey)))],
    note: note.toString(),
    extends: [...new Set(older.map(({ size }) => size))].sort((a, b) => a - b),
    isFirstTime: known === null && key === undefined,
  };
}

/** Why a log is not what was signed, or null for other failures. */
export function problemWith(error: unknown): string | null {
  if (error instanceof LogProblem) return error.message;
  return error instanceof NoteProblem ? `the checkpoint cannot be trusted: ${error.message}` : null;
}

/** A kept checkpoint may be signed by a key that no longer signs, or under an earlier address of the market. */
function openKept(note: string | Uint8Array, where: string, keys: readonly NoteKey[]): Checkpoint {
  try {
    return openEarlierCheckpoint(note, keys);
  } catch (error) {
    if (error instanceof NoteProblem) throw new NoteProblem(`${where}: ${error.message}`);
    throw error;
  }
}

function keyOf(vkey: string): NoteKey {
  try {
    return parseVkey(vkey);
  } catch (error) {
    if (error instanceof NoteProblem) throw CliErrors.BAD_USAGE({ reason: error.message }, error);
    throw error;
  }
}
