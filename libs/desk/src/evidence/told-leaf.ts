import type { LeafWithPrivate } from '@app/audit';
import { readLeaf } from '@app/audit';
import type { Sight } from '@app/kernel';

/** For whom a bundle is made: the operator sees everything, a party what its own people did. */
export type Reader = Sight;

/** Who acted for an organization is told to that organization and the operator; others learn the organization. */
export function seesPeopleOf(reader: Reader, organizationId: string | null): boolean {
  return reader.seesAll || (organizationId !== null && organizationId === reader.organizationId);
}

/** A leaf as a bundle tells it; a private record that the reader may not see stays behind its hash. */
export interface ToldLeaf {
  readonly seq: number;
  /** Canonical JSON, the very bytes that are hashed. */
  readonly leaf: string;
  readonly salt: string | null;
  readonly privateRecord: string | null;
  readonly isWithheld: boolean;
}

export function toldTo(reader: Reader, { seq, leaf: bytes, salt, privateRecord }: LeafWithPrivate): ToldLeaf {
  const leaf = bytes.toString('utf8');
  const isShown = seesPeopleOf(reader, readLeaf(bytes).actor.org ?? null);
  return {
    seq,
    leaf,
    salt: isShown ? (salt?.toString('hex') ?? null) : null,
    privateRecord: isShown ? privateRecord : null,
    isWithheld: !isShown && privateRecord !== null,
  };
}
