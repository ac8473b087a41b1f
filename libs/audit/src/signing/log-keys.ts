import { Injectable } from '@nestjs/common';
import { formatCheckpoint, formatVkey, isKeyName, openEarlierCheckpoint, signNote } from '@app/kernel';
import type { Checkpoint } from '@app/kernel';
import { loadEd25519Keys } from '@app/keys';
import type { Ed25519Key } from '@app/keys';

/**
 * The keys that sign the log's checkpoints. They live in files, never in the database: whoever can write every row still
 * cannot sign another history. Every private key signs, so that who trusts only the old one or only the new one can follow
 * a change of keys; public halves stay published for what they once signed.
 */
@Injectable()
export class LogKeys {
  /** Newest first, by name of file; each once. */
  private readonly keys: readonly Ed25519Key[];

  constructor(
    /** The log's name in its checkpoints, and the name of its keys. */
    readonly origin: string,
    keys: readonly Ed25519Key[],
  ) {
    if (!isKeyName(origin)) throw new Error(`PUBLIC_URL: "${origin}" cannot be the name of a log.`);
    const byKey = new Map<string, Ed25519Key>();
    for (const key of [...keys].reverse()) {
      const id = key.publicKey.toString('hex');
      const known = byKey.get(id);
      byKey.set(id, known?.privateKey ? known : key);
    }
    this.keys = [...byKey.values()];
  }

  /** @param publicUrl address of the market, under which the log is at `/log` */
  static load(path: string | undefined, publicUrl: string): LogKeys {
    return new LogKeys(originOf(publicUrl), loadEd25519Keys(path, 'LOG_KEY_FILE'));
  }

  get canSign(): boolean {
    return this.keys.length > 0;
  }

  /** Verifier keys, the newest that signs first. */
  get vkeys(): readonly string[] {
    const isOld = ({ privateKey }: Ed25519Key): number => (privateKey ? 0 : 1);
    return [...this.keys].sort((a, b) => isOld(a) - isOld(b)).map((key) => this.vkeyOf(key));
  }

  /** Verifier keys of those that sign now. */
  get signing(): readonly string[] {
    return this.keys.filter((key) => key.privateKey).map((key) => this.vkeyOf(key));
  }

  /** The checkpoint as a signed note. */
  sign(size: number, rootHash: Buffer): string {
    const signers = this.keys.flatMap(({ publicKey, privateKey }) =>
      privateKey ? [{ name: this.origin, publicKey, privateKey }] : [],
    );
    if (!signers.length) throw new Error('Nothing can be signed without a key.');
    return signNote(formatCheckpoint({ origin: this.origin, size, rootHash }), signers);
  }

  /**
   * A checkpoint that one of our keys signed, also under an earlier address of the market.
   * @throws NoteProblem
   */
  open(note: string | Uint8Array): Checkpoint {
    return openEarlierCheckpoint(
      note,
      this.keys.map(({ publicKey }) => ({ name: this.origin, publicKey })),
    );
  }

  private vkeyOf({ publicKey }: Ed25519Key): string {
    return formatVkey({ name: this.origin, publicKey });
  }
}

/** The log's address without the scheme. A plus sign would end the name of a key. */
function originOf(publicUrl: string): string {
  return `${publicUrl.replace(/^[a-z]+:\/\//i, '').replaceAll('+', '%2B')}/log`;
}
