import { hash } from 'node:crypto';
import { canonicalJson } from '@app/kernel';
import type { Actor } from '@app/kernel';
import { AuditErrors } from '../audit.errors.js';

/** JSON that is safe to publish. */
export type PublicFacts = Readonly<Record<string, unknown>>;

/** Who and what else an act concerns. Organizations named here see the leaf in their own log. */
export interface ActAbout {
  readonly datasetId?: string;
  readonly organizationIds?: readonly string[];
  readonly grantId?: string;
  readonly orderId?: string;
}

/** One act on rights, money or visibility, as the domain that performs it tells it. */
export interface Act {
  /** `noun.past_tense_verb`. */
  readonly action: string;
  readonly subject: { readonly kind: string; readonly id: string };
  readonly about?: ActAbout;
  /** Published for ever: no personal data, no secret. */
  readonly facts: PublicFacts;
  /** Kept outside the log, which holds only its salted hash; shown in evidence bundles. */
  readonly private?: Readonly<Record<string, unknown>>;
}

/** The leaf's content. Its canonical JSON is the leaf, byte for byte. */
export interface Leaf {
  readonly v: 1;
  /** When the act happened, ISO 8601 in UTC with milliseconds. */
  readonly at: string;
  readonly action: string;
  readonly actor: {
    readonly kind: Actor['kind'];
    readonly org?: string;
    readonly user?: string;
    readonly name?: string;
  };
  readonly subject: { readonly kind: string; readonly id: string };
  readonly about: {
    readonly dataset?: string;
    readonly grant?: string;
    readonly order?: string;
    readonly orgs: readonly string[];
  };
  readonly facts: PublicFacts;
  /** SHA-256(salt ‖ canonical JSON of the private record), hex. */
  readonly private: string | null;
  readonly request: string;
}

/** What stays outside the log, next to the salt. */
export interface PrivateRecord {
  readonly actor?: { readonly userId: string; readonly credential: string; readonly credentialId: string };
  readonly facts?: Readonly<Record<string, unknown>>;
}

export interface WrittenAct {
  readonly leaf: Leaf;
  readonly bytes: Buffer;
  /** Canonical JSON of the private record, or null when there is nothing private. */
  readonly privateJson: string | null;
}

/** An entry bundle gives the length of a leaf in two bytes. @see C2SP tlog-tiles */
export const MAX_LEAF_BYTES = 65_535;
export const SALT_BYTES = 32;

const ACTION = /^[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*$/;
const USER_ID = /\busr_[0-9a-hjkmnp-tv-z]{26}\b/;
const API_KEY = /hf_bodega_[0-9A-Za-z]{8}/;
/** Every repetition is bounded, so a long text costs linear time. */
const E_MAIL = /[\p{L}\p{N}._%+-]@[\p{L}\p{N}-]{1,63}(\.[\p{L}\p{N}-]{1,63}){0,8}\.\p{L}{2,}/u;

/** SHA-256(salt ‖ text) as hex: hides a value that could be guessed, and proves it once the salt is shown. */
export function saltedHash(salt: Buffer, text: string): string {
  return hash('sha256', Buffer.concat([salt, Buffer.from(text)]), 'hex');
}

/**
 * Writes the act as a leaf.
 * @throws AUDIT_LEAF_TOO_LARGE, AUDIT_PERSONAL_DATA
 */
export function writeAct(act: Act, actor: Actor, requestId: string, at: Date, salt: Buffer): WrittenAct {
  if (!ACTION.test(act.action))
    throw new Error(`"${act.action}" is no name of an act: it must be noun.past_tense_verb.`);
  const privateJson = privateJsonOf(act, actor);
  const leaf: Leaf = {
    v: 1,
    at: at.toISOString(),
    action: act.action,
    actor: publicActor(actor, salt),
    subject: {
      kind: act.subject.kind,
      id: act.subject.kind === 'user' ? saltedHash(salt, act.subject.id) : act.subject.id,
    },
    about: publicAbout(act.about ?? {}, actor),
    facts: act.facts,
    private: privateJson === null ? null : saltedHash(salt, privateJson),
    request: requestId,
  };
  const json = canonicalJson(leaf);
  refusePersonalData(act.action, json);
  const bytes = Buffer.from(json);
  if (bytes.length > MAX_LEAF_BYTES) {
    throw AuditErrors.LEAF_TOO_LARGE({ action: act.action, bytes: bytes.length, limit: MAX_LEAF_BYTES });
  }
  return { leaf, bytes, privateJson };
}

/** The leaf that the bytes are. @throws when they are no canonical leaf of ours */
export function readLeaf(bytes: Buffer): Leaf {
  const text = bytes.toString('utf8');
  const leaf = JSON.parse(text) as Leaf;
  if (leaf.v !== 1 || canonicalJson(leaf) !== text) throw new Error('These bytes are no canonical leaf of version 1.');
  return leaf;
}

function publicActor(actor: Actor, salt: Buffer): Leaf['actor'] {
  if (actor.kind === 'user') return { kind: 'user', org: actor.organizationId, user: saltedHash(salt, actor.userId) };
  return actor.kind === 'system' ? { kind: 'system', name: actor.name } : { kind: 'anonymous' };
}

function publicAbout(about: ActAbout, actor: Actor): Leaf['about'] {
  const own = actor.kind === 'user' ? [actor.organizationId] : [];
  return {
    orgs: [...new Set([...(about.organizationIds ?? []), ...own])].sort(),
    ...(about.datasetId !== undefined && { dataset: about.datasetId }),
    ...(about.grantId !== undefined && { grant: about.grantId }),
    ...(about.orderId !== undefined && { order: about.orderId }),
  };
}

function privateJsonOf(act: Act, actor: Actor): string | null {
  const record: PrivateRecord = {
    ...(actor.kind === 'user' && {
      actor: { userId: actor.userId, credential: actor.credential, credentialId: actor.credentialId },
    }),
    ...(act.private && { facts: act.private }),
  };
  return record.actor || record.facts ? canonicalJson(record) : null;
}

/** The log is published and cannot be cleaned, so what must never be in it is looked for in every leaf. */
function refusePersonalData(action: string, json: string): void {
  if (E_MAIL.test(json)) throw AuditErrors.PERSONAL_DATA({ action, what: 'an e-mail address' });
  if (API_KEY.test(json)) throw AuditErrors.PERSONAL_DATA({ action, what: 'an API key' });
  if (USER_ID.test(json)) throw AuditErrors.PERSONAL_DATA({ action, what: 'the id of a person' });
}
