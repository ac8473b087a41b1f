import { createHash, createPublicKey, verify } from 'node:crypto';
import { NoteProblem, canonicalJson, openCheckpoint, parseVkey } from '@app/kernel';
import type { Checkpoint, NoteKey } from '@app/kernel';
import { z } from 'zod';
import { CertificateProblem, readCredential, readKeySet } from '../certificate/credential.js';
import type { KeySet } from '../certificate/credential.js';
import { readStatus, statusEntrySchema } from '../certificate/status-list.js';
import type { StatusPurpose } from '../certificate/status-list.js';
import { ProofProblem, readTlogProof, rootFrom } from '../log/tlog-proof.js';
import { EvidenceProblem } from './bundle.js';
import type { Bundle } from './bundle.js';

const MAX_SMALL_BYTES = 10_000_000;
const EVIDENCE_TYPE = 'bodega-evidence+jws';
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const headerSchema = z.strictObject({ alg: z.literal('EdDSA'), typ: z.literal(EVIDENCE_TYPE), kid: z.string() });
const manifestSchema = z.object({
  v: z.literal(1),
  kind: z.literal('bodega.evidence'),
  market: z.string(),
  grantId: z.string(),
  madeAt: z.iso.datetime(),
  madeFor: z.string(),
  checkpoint: z.object({ size: z.number().int().min(0), rootHash: sha256 }).nullable(),
  parts: z.array(z.object({ name: z.string(), bytes: z.number().int().min(0), sha256 })),
});
const grantSchema = z.object({ id: z.string(), termsHash: sha256, state: z.string() });
const certificateSchema = z.object({ jwt: z.string() });
const listClaimsSchema = z.object({ id: z.string() });
const claimsSchema = z.object({
  credentialStatus: z.array(statusEntrySchema),
  credentialSubject: z.object({ grant: z.string(), policy: z.object({ termsHash: sha256 }) }),
});
const leafLineSchema = z.object({
  seq: z.number().int().min(0),
  leaf: z.string(),
  salt: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
  privateRecord: z.string().nullable(),
  isWithheld: z.boolean(),
  proof: z.string().nullable(),
});
const leafSchema = z.object({ about: z.object({ grant: z.string() }), private: sha256.nullable() });

/** Keys that the reader has by another way; without them the bundle's own are taken, and prove only that it is of one piece. */
export interface EvidenceTrust {
  /** Thumbprint of the only certificate key to trust. */
  readonly key?: string;
  /** Thumbprints known for a market; null when it was never met. */
  readonly knownKeys: (market: string) => Promise<readonly string[] | null>;
  /** Verifier keys known for the log of a market; null when it was never verified here. */
  readonly knownLogKeys: (market: string) => Promise<readonly string[] | null>;
  readonly logKey?: string;
}

/** What a bundle that holds together says. */
export interface CheckedEvidence {
  readonly market: string;
  readonly grantId: string;
  readonly state: string;
  readonly termsHash: string;
  readonly madeAt: string;
  readonly madeFor: string;
  readonly parts: number;
  readonly bytes: number;
  readonly certificates: number;
  /** What the status lists in the bundle say of its certificates: nothing, or why they are stopped. */
  readonly stopped: readonly StatusPurpose[];
  readonly leaves: number;
  /** Leaves of which a signed checkpoint is shown to hold them; the others were too new. */
  readonly proven: number;
  readonly disclosed: number;
  readonly withheld: number;
  readonly key: string;
  readonly isKeyKnown: boolean;
  readonly isLogKeyKnown: boolean;
}

/**
 * Checks a bundle from end to end with the network off: its parts, its signature, the terms, the certificates, and every leaf up
 * to a signed checkpoint.
 * @throws EvidenceProblem
 */
export async function checkEvidence(bundle: Bundle, trust: EvidenceTrust): Promise<CheckedEvidence> {
  try {
    return await check(bundle, trust);
  } catch (error) {
    if (error instanceof CertificateProblem || error instanceof NoteProblem || error instanceof ProofProblem) {
      throw new EvidenceProblem(error.message);
    }
    throw error;
  }
}

async function check(bundle: Bundle, trust: EvidenceTrust): Promise<CheckedEvidence> {
  const text = await bundle.text('manifest.json', MAX_SMALL_BYTES);
  const manifest = parsed(manifestSchema, text, 'manifest.json');
  const keys = readKeySet(await bundle.text('jwks.json', MAX_SMALL_BYTES));
  const key = signerOf(await bundle.text('manifest.jws', 2 * MAX_SMALL_BYTES), text, keys);
  const known = trust.key === undefined ? await trust.knownKeys(manifest.market) : [trust.key];
  if (known && !known.includes(key)) {
    throw new EvidenceProblem(`it is signed with ${key}, which is not a key that you know of ${manifest.market}`);
  }
  await checkParts(bundle, manifest.parts);
  const grant = parsed(grantSchema, await bundle.text('grant.json', MAX_SMALL_BYTES), 'grant.json');
  if (grant.id !== manifest.grantId) throw new EvidenceProblem('grant.json is of another grant');
  const terms = await bundle.hashOf('terms.json');
  if (terms.sha256 !== grant.termsHash) throw new EvidenceProblem('the terms are not those that the grant names');
  const trusted = new Map([...keys].filter(([kid]) => !known || known.includes(kid)));
  const lists = await statusListsOf(bundle, trusted);
  const { certificates, stopped } = await checkCertificates(bundle, trusted, grant, lists);
  // Lists are read after the grant, and a revocation is for ever: a suspension may have come or gone between the two.
  if (certificates > 0 && grant.state === 'revoked' && !stopped.includes('revocation')) {
    throw new EvidenceProblem('grant.json says revoked, and the revocation list does not');
  }
  const logKeys = await logKeysOf(bundle, manifest.market, trust);
  const log = await checkLeaves(bundle, logKeys.keys, manifest);
  return {
    market: manifest.market,
    grantId: manifest.grantId,
    state: grant.state,
    termsHash: grant.termsHash,
    madeAt: manifest.madeAt,
    madeFor: manifest.madeFor,
    parts: manifest.parts.length,
    bytes: manifest.parts.reduce((sum, part) => sum + part.bytes, 0),
    certificates,
    stopped,
    ...log,
    key,
    isKeyKnown: known !== null,
    isLogKeyKnown: logKeys.isKnown,
  };
}

/** The thumbprint of the key that signed these very bytes. */
function signerOf(jws: string, manifest: string, keys: KeySet): string {
  const [head = '', body = '', signed = '', ...more] = jws.split('.');
  const [header, payload, signature] = [head, body, signed].map(fromBase64Url);
  if (more.length > 0 || !header || !payload || !signature) throw new EvidenceProblem('manifest.jws is no signature');
  const { kid } = parsed(headerSchema, header.toString('utf8'), 'manifest.jws');
  if (!payload.equals(Buffer.from(manifest))) throw new EvidenceProblem('the signature is of another manifest');
  const x = keys.get(kid);
  if (x === undefined) throw new EvidenceProblem(`it is signed with ${kid}, which is not among its keys`);
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  if (!verify(null, Buffer.from(`${head}.${body}`), key, signature)) {
    throw new EvidenceProblem('its signature is wrong, so it was altered or made by somebody else');
  }
  return kid;
}

async function checkParts(
  bundle: Bundle,
  parts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[],
): Promise<void> {
  const listed = new Set(['manifest.json', 'manifest.jws', ...parts.map((part) => part.name)]);
  const extra = bundle.names.find((name) => !listed.has(name));
  if (extra !== undefined) throw new EvidenceProblem(`${extra} does not belong to it`);
  for (const part of parts) {
    const found = await bundle.hashOf(part.name);
    if (found.bytes !== part.bytes || found.sha256 !== part.sha256) {
      throw new EvidenceProblem(`${part.name} is not what was signed`);
    }
  }
}

/** Lists by the address under which the market keeps them. */
async function statusListsOf(bundle: Bundle, keys: KeySet): Promise<ReadonlyMap<string, string>> {
  const lists = new Map<string, string>();
  for await (const line of bundle.lines('status-lists.jsonl')) {
    const { jwt } = parsed(certificateSchema, line, 'status-lists.jsonl');
    const { payload } = readCredential(jwt, keys, 'status list');
    lists.set(parsed(listClaimsSchema, canonicalJson(payload), 'a status list').id, jwt);
  }
  return lists;
}

async function checkCertificates(
  bundle: Bundle,
  keys: KeySet,
  grant: { readonly id: string; readonly termsHash: string },
  lists: ReadonlyMap<string, string>,
): Promise<Pick<CheckedEvidence, 'certificates' | 'stopped'>> {
  let certificates = 0;
  const stopped = new Set<StatusPurpose>();
  for await (const line of bundle.lines('certificates.jsonl')) {
    const { jwt } = parsed(certificateSchema, line, 'certificates.jsonl');
    const { issuer, payload } = readCredential(jwt, keys, 'certificate');
    const { credentialStatus, credentialSubject } = parsed(claimsSchema, canonicalJson(payload), 'a certificate');
    if (credentialSubject.grant !== grant.id) throw new EvidenceProblem('a certificate is of another grant');
    if (credentialSubject.policy.termsHash !== grant.termsHash) {
      throw new EvidenceProblem('a certificate names other terms than the grant');
    }
    for (const entry of credentialStatus) {
      const list = lists.get(entry.statusListCredential);
      if (list === undefined) throw new EvidenceProblem(`it lacks the ${entry.statusPurpose} list of a certificate`);
      if (readStatus(list, entry, { keys, issuer, now: new Date() }).isSet) stopped.add(entry.statusPurpose);
    }
    certificates += 1;
  }
  return { certificates, stopped: [...stopped].sort() };
}

async function logKeysOf(
  bundle: Bundle,
  market: string,
  trust: EvidenceTrust,
): Promise<{ keys: readonly NoteKey[]; isKnown: boolean }> {
  const own = (await bundle.text('log/vkeys.txt', MAX_SMALL_BYTES)).split('\n').filter((line) => line !== '');
  const known = trust.logKey === undefined ? await trust.knownLogKeys(market) : [trust.logKey];
  return { keys: (known ?? own).map(parseVkey), isKnown: known !== null };
}

async function checkLeaves(
  bundle: Bundle,
  keys: readonly NoteKey[],
  manifest: z.infer<typeof manifestSchema>,
): Promise<Pick<CheckedEvidence, 'leaves' | 'proven' | 'disclosed' | 'withheld'>> {
  const count = { leaves: 0, proven: 0, disclosed: 0, withheld: 0 };
  const note = await bundle.text('log/checkpoint', MAX_SMALL_BYTES);
  const checkpoint = note === '' ? null : openCheckpoint(note, keys);
  let before = -1;
  for await (const line of bundle.lines('log/leaves.jsonl')) {
    const told = parsed(leafLineSchema, line, 'log/leaves.jsonl');
    if (told.seq <= before) throw new EvidenceProblem(`leaf ${told.seq} is out of order`);
    before = told.seq;
    checkLeaf(told, manifest, checkpoint && { ...checkpoint, note });
    count.leaves += 1;
    count.proven += told.proof === null ? 0 : 1;
    count.disclosed += told.privateRecord === null ? 0 : 1;
    count.withheld += told.isWithheld ? 1 : 0;
  }
  return count;
}

function checkLeaf(
  told: z.infer<typeof leafLineSchema>,
  manifest: z.infer<typeof manifestSchema>,
  checkpoint: (Checkpoint & { readonly note: string }) | null,
): void {
  const leaf = parsed(leafSchema, told.leaf, `leaf ${told.seq}`);
  if (leaf.about.grant !== manifest.grantId) throw new EvidenceProblem(`leaf ${told.seq} is about another grant`);
  const { salt, privateRecord } = told;
  const hidden =
    salt === null || privateRecord === null
      ? null
      : createHash('sha256').update(Buffer.from(salt, 'hex')).update(privateRecord).digest('hex');
  const isAsHashed = hidden === leaf.private || (hidden === null && told.isWithheld && leaf.private !== null);
  if (!isAsHashed) throw new EvidenceProblem(`the private record of leaf ${told.seq} is not the one that it names`);
  if (told.proof === null) {
    if (checkpoint && told.seq < checkpoint.size) throw new EvidenceProblem(`leaf ${told.seq} lacks its proof`);
    return;
  }
  const proof = readTlogProof(told.proof);
  if (
    proof.note !== checkpoint?.note ||
    proof.index !== told.seq ||
    !rootFrom(Buffer.from(told.leaf), proof, checkpoint.size).equals(checkpoint.rootHash)
  ) {
    throw new EvidenceProblem(`leaf ${told.seq} is not in the log that was signed`);
  }
}

function parsed<T>(schema: z.ZodType<T>, text: string, what: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EvidenceProblem(`${what} is not JSON`);
  }
  const read = schema.safeParse(value);
  if (!read.success) throw new EvidenceProblem(`${what} is not of this kind`);
  return read.data;
}

function fromBase64Url(text: string): Buffer | null {
  const bytes = Buffer.from(text, 'base64url');
  return text !== '' && bytes.toString('base64url') === text ? bytes : null;
}
