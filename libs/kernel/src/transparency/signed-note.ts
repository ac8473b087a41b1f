import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** An Ed25519 key under the name by which notes call it. */
export interface NoteKey {
  readonly name: string;
  /** 32 bytes. */
  readonly publicKey: Buffer;
}

/** A key that signs. */
export interface NoteSigner extends NoteKey {
  readonly privateKey: KeyObject;
}

/** A note of which at least one signature is good. */
export interface OpenedNote {
  /** With its last newline: the very bytes that are signed. */
  readonly text: string;
  readonly verifiedBy: readonly NoteKey[];
}

/** Why a note, a checkpoint or a key says nothing that could be trusted; the message is for people. */
export class NoteProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'NoteProblem';
  }
}

const ED25519 = 0x01;
const KEY_BYTES = 32;
const MAX_NOTE_BYTES = 1_000_000;
/** A checkpoint may carry many witnesses; the specification asks for at least 16. */
const MAX_SIGNATURES = 100;
const SIGNATURE_LINE = /^— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})$/u;

const CONTROL = /[\u0000-\u0009\u000b-\u001f]/;

/** First 4 bytes of SHA-256(name ‖ newline ‖ type ‖ key). */
export function noteKeyId({ name, publicKey }: NoteKey): Buffer {
  return createHash('sha256').update(`${name}\n`).update(Buffer.of(ED25519)).update(publicKey).digest().subarray(0, 4);
}

/** A verifier key as people pass it around: `name+id+key`. @see C2SP signed-note */
export function formatVkey(key: NoteKey): string {
  const material = Buffer.concat([Buffer.of(ED25519), key.publicKey]).toString('base64');
  return `${key.name}+${noteKeyId(key).toString('hex')}+${material}`;
}

/** @throws NoteProblem */
export function parseVkey(text: string): NoteKey {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  // The base64 of the key may hold plus signs of its own.
  const material = fromBase64(rest.join('+'));
  if (!isKeyName(name) || material?.length !== KEY_BYTES + 1 || material[0] !== ED25519) {
    throw new NoteProblem(`"${text.trim().slice(0, 200)}" is not the verifier key of an Ed25519 signer`);
  }
  const key = { name, publicKey: material.subarray(1) };
  if (noteKeyId(key).toString('hex') !== id) throw new NoteProblem(`the id ${id} is not that of the key of ${name}`);
  return key;
}

/** Whether notes may call a key so. */
export function isKeyName(name: string): boolean {
  return /^[^\s+]+$/u.test(name);
}

/** The text and a signature line of each signer. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (!text.endsWith('\n') || CONTROL.test(text)) throw new Error('A note is lines of text, the last one ended too.');
  const lines = signers.map((signer) => {
    const signature = sign(null, Buffer.from(text), signer.privateKey);
    return `— ${signer.name} ${Buffer.concat([noteKeyId(signer), signature]).toString('base64')}\n`;
  });
  return `${text}\n${lines.join('')}`;
}

/**
 * The text of a note that at least one of the keys signed. Signatures of others are passed over; a wrong one of a known key is not.
 * @throws NoteProblem
 * @see C2SP signed-note
 */
export function openNote(note: string | Uint8Array, keys: readonly NoteKey[]): OpenedNote {
  const { text, signatures } = splitNote(note);
  const verifiedBy = new Set<NoteKey>();
  for (const { name, bytes } of signatures) {
    const id = bytes.subarray(0, 4);
    const key = keys.find((known) => known.name === name && noteKeyId(known).equals(id));
    if (!key) continue;
    if (!isSigned(text, key, bytes.subarray(4))) throw new NoteProblem(`the signature of ${name} is not of this text`);
    verifiedBy.add(key);
  }
  if (verifiedBy.size === 0) throw new NoteProblem('none of the known keys signed it');
  return { text, verifiedBy: [...verifiedBy] };
}

/** The parts of a note, nothing of it verified. @throws NoteProblem */
export function splitNote(note: string | Uint8Array): {
  text: string;
  signatures: readonly { readonly name: string; readonly bytes: Buffer }[];
} {
  const whole = typeof note === 'string' ? note : decode(note);
  if (whole.length > MAX_NOTE_BYTES) throw new NoteProblem('it is too long for a note');
  const split = whole.lastIndexOf('\n\n');
  if (split < 0 || !whole.endsWith('\n') || CONTROL.test(whole)) throw new NoteProblem('it is not a signed note');
  const lines = whole.slice(split + 2, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) throw new NoteProblem(`it carries more than ${MAX_SIGNATURES} signatures`);
  const signatures = lines.map((line) => {
    const [, name = '', base64 = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = fromBase64(base64);
    if (!bytes || bytes.length < 5) throw new NoteProblem('it has a line that is no signature');
    return { name, bytes };
  });
  return { text: whole.slice(0, split + 1), signatures };
}

/** Standard base64 in its one canonical spelling, or null. */
export function fromBase64(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

function isSigned(text: string, { publicKey }: NoteKey, signature: Buffer): boolean {
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: publicKey.toString('base64url') },
    format: 'jwk',
  });
  return verify(null, Buffer.from(text), key, signature);
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NoteProblem('it is not UTF-8');
  }
}
