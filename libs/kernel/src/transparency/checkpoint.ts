import { NoteProblem, fromBase64, isKeyName, openNote, splitNote } from './signed-note.js';
import type { NoteKey } from './signed-note.js';

/** What a log commits itself to. */
export interface Checkpoint {
  /** The log's own name: its address without the scheme. */
  readonly origin: string;
  /** Leaves of the tree. */
  readonly size: number;
  /** RFC 6962 root over them: 32 bytes. */
  readonly rootHash: Buffer;
}

/** The text that is signed. @see C2SP tlog-checkpoint */
export function formatCheckpoint({ origin, size, rootHash }: Checkpoint): string {
  return `${origin}\n${size}\n${rootHash.toString('base64')}\n`;
}

/** Reads the text of a checkpoint; lines of extensions are passed over. @throws NoteProblem */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n');
  const rootHash = fromBase64(root);
  const isWhole = rest.at(-1) === '' && rest.slice(0, -1).every((line) => line !== '');
  if (origin === '' || !/^(0|[1-9]\d{0,15})$/.test(size) || rootHash?.length !== 32 || !isWhole) {
    throw new NoteProblem('it is not a checkpoint');
  }
  if (!Number.isSafeInteger(Number(size))) throw new NoteProblem(`a tree of ${size} leaves is beyond counting`);
  return { origin, size: Number(size), rootHash };
}

/** A checkpoint that a key named like its origin signed. @throws NoteProblem */
export function openCheckpoint(note: string | Uint8Array, keys: readonly NoteKey[]): Checkpoint {
  const { text, verifiedBy } = openNote(note, keys);
  const checkpoint = parseCheckpoint(text);
  if (!verifiedBy.some((key) => key.name === checkpoint.origin)) {
    throw new NoteProblem(`the key of ${verifiedBy[0]?.name ?? 'nobody'} does not speak for ${checkpoint.origin}`);
  }
  return checkpoint;
}

/**
 * A checkpoint that one of the keys signed under whatever name the log had then: a log that moves to another address is still
 * the same log, and must not contradict what it said before.
 * @throws NoteProblem
 */
export function openEarlierCheckpoint(note: string | Uint8Array, keys: readonly NoteKey[]): Checkpoint {
  const { origin } = parseCheckpoint(splitNote(note).text);
  if (!isKeyName(origin)) throw new NoteProblem('its origin cannot be the name of a key');
  return openCheckpoint(
    note,
    keys.map(({ publicKey }) => ({ name: origin, publicKey })),
  );
}
