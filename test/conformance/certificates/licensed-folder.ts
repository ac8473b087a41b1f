import { createHash, createPrivateKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Writable } from 'node:stream';
import { canonicalJson, commitIdOf, compareByPath, leafHash, merkleRootOf, newId } from '@app/kernel';
import { SignJWT } from 'jose';
import { verify } from '../../../apps/cli/src/commands/verify.js';
import type { VerifyOptions } from '../../../apps/cli/src/commands/verify.js';
import { toFailure } from '../../../apps/cli/src/failure.js';
import { Invocation } from '../../../apps/cli/src/invocation.js';
import { SavedLogins } from '../../../apps/cli/src/session/saved-logins.js';
import { agreementOf, certificateOf } from '../../../libs/licensing/src/certificates/certificate.rules.js';
import { thumbprintOf } from '../../../libs/licensing/src/certificates/signing-keys.service.js';
import { statusListOf } from '../../../libs/licensing/src/certificates/status-list.rules.js';
import { termsHashOf } from '../../../libs/licensing/src/terms/terms.js';
import { termsOf } from '../licences/licences.js';

export const ISSUER = 'https://market.example';
export const DAY_MS = 86_400_000;
export const INDEX = 94_567;

/** A key of a market, or of somebody who would like to be one. */
export class MarketKey {
  readonly x: string;
  readonly kid: string;

  constructor(private readonly key: KeyObject = generateKeyPairSync('ed25519').privateKey) {
    this.x = createPrivateKey(key.export({ type: 'pkcs8', format: 'pem' })).export({ format: 'jwk' }).x ?? '';
    this.kid = thumbprintOf(this.x);
  }

  get jwk(): Record<string, string> {
    return { kty: 'OKP', crv: 'Ed25519', x: this.x, kid: this.kid, use: 'sig', alg: 'EdDSA' };
  }

  sign(payload: Record<string, unknown>, header: Record<string, unknown> = {}): Promise<string> {
    const protectedHeader = { alg: 'EdDSA', typ: 'vc+jwt', cty: 'vc', kid: this.kid, ...header };
    return new SignJWT(payload).setProtectedHeader(protectedHeader).sign(this.key);
  }
}

/** Content of the licensed version; the last file is not taken when only a part is. */
export const CONTENT: readonly { readonly path: string; readonly text: string }[] = [
  { path: 'README.md', text: '# 抓取\n' },
  { path: 'data/chunk-000/file "a" + é.parquet', text: 'PAR1 some bytes PAR1' },
  { path: 'meta/empty.txt', text: '' },
  { path: 'meta/info.json', text: '{"fps": 30}' },
  { path: '数据/第一 集.parquet', text: 'PAR1 第一集 PAR1' },
];

export interface FolderFacts {
  readonly key?: MarketKey;
  /** Keys that are published; the signing one alone when left out. */
  readonly keys?: readonly MarketKey[];
  readonly validFrom?: Date;
  readonly validUntil?: Date | null;
  readonly listAt?: Date;
  readonly revoked?: readonly number[];
  readonly suspended?: readonly number[];
  readonly isPart?: boolean;
  readonly isForm?: boolean;
  /** Changes the certificate before it is signed. */
  readonly certificate?: (payload: Record<string, any>) => void; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
  readonly list?: (payload: Record<string, any>) => void; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON
}

/** A folder as `bodega pull` leaves it, signed with the market's own functions. Remove it after use. */
export class LicensedFolder {
  private constructor(
    readonly path: string,
    readonly key: MarketKey,
  ) {}

  static async make(facts: FolderFacts = {}): Promise<LicensedFolder> {
    const key = facts.key ?? new MarketKey();
    const folder = new LicensedFolder(mkdtempSync(join(tmpdir(), 'bodega-licensed-')), key);
    const all = CONTENT.map(({ path, text }) => ({
      path,
      sizeBytes: Buffer.byteLength(text),
      sha256: createHash('sha256').update(text).digest('hex'),
    })).sort(compareByPath);
    const files = facts.isPart ? all.slice(0, -1) : all;
    for (const { path, text } of CONTENT) {
      if (files.some((file) => file.path === path)) folder.write(path, text);
    }
    const merkleRoot = merkleRootOf(all);
    const commit = commitIdOf(merkleRoot);
    const other = { commit: 'c'.repeat(40), merkleRoot: 'd'.repeat(64) };
    const address = { commit, merkleRoot };
    const terms = termsOf('commercial');
    const right = {
      grantId: newId('Grant'),
      licensee: { id: newId('Organization'), slug: 'startup', name: '创业 Ltd' },
      licensor: { id: newId('Organization'), slug: 'centre', name: 'Centre' },
      dataset: { id: newId('Dataset'), slug: 'centre/cups' },
      version: { id: newId('Version'), label: 'v1', ...(facts.isForm ? other : address) },
      validFrom: facts.validFrom ?? new Date(Date.now() - DAY_MS),
      validUntil: facts.validUntil === undefined ? new Date(Date.now() + DAY_MS) : facts.validUntil,
    };
    const certified = {
      ...right,
      forms: [{ form: 'lerobot_v3.0', ...(facts.isForm ? address : other) }],
      slice: { kind: 'all' as const },
      policy: {
        termsHash: termsHashOf(terms),
        template: terms.template,
        odrl: agreementOf(ISSUER, terms, right),
      },
      status: { list: 1, index: INDEX },
    };
    const payload = structuredClone(
      certificateOf(ISSUER, certified, { id: newId('Certificate'), issuedAt: new Date() }),
    );
    facts.certificate?.(payload);
    folder.writeState('certificate.jwt', await key.sign(payload));
    const at = facts.listAt ?? new Date();
    const stopped = { revocation: facts.revoked ?? [], suspension: facts.suspended ?? [] };
    for (const purpose of ['revocation', 'suspension'] as const) {
      const list = statusListOf(ISSUER, { purpose, list: 1 }, stopped[purpose], at);
      facts.list?.(list);
      folder.writeState(`status-${purpose}.jwt`, await key.sign(list));
    }
    folder.writeState('jwks.json', JSON.stringify({ keys: (facts.keys ?? [key]).map((one) => one.jwk) }));
    const leafOf = (file: (typeof all)[number]): string =>
      leafHash(canonicalJson({ path: file.path, sha256: file.sha256, size: file.sizeBytes })).toString('hex');
    folder.writeState(
      'manifest.json',
      JSON.stringify({
        v: 1,
        slug: 'centre/cups',
        version: 'v1',
        commit,
        merkleRoot,
        form: facts.isForm ? 'lerobot_v3.0' : null,
        grantId: certified.grantId,
        termsHash: certified.policy.termsHash,
        endpoint: ISSUER,
        pulledAt: new Date().toISOString(),
        episodes: facts.isPart ? '0-3' : null,
        certificate: payload['id'],
        tree: facts.isPart ? all.map((file) => (files.includes(file) ? null : leafOf(file))) : null,
        files,
      }),
    );
    return folder;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  read(path: string): Buffer {
    return readFileSync(join(this.path, path));
  }

  write(path: string, content: Buffer | string): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), content);
  }

  writeState(name: string, content: string): void {
    this.write(join('.bodega', name), content);
  }

  /** What `bodega verify` answers, run in this process. */
  async verify(options: VerifyOptions = {}, configDir = join(this.path, '../no-such-config')): Promise<Verified> {
    let stdout = '';
    const sink = new Writable({ write: (_chunk, _encoding, done) => done() });
    const out = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        stdout += chunk.toString();
        done();
      },
    });
    const environment = { endpoint: undefined, apiKey: undefined, configDir, language: 'en' as const, debug: false };
    const invocation = new Invocation(
      { json: true },
      environment,
      new SavedLogins(configDir),
      { stdin: process.stdin, stdout: out, stderr: sink },
      new AbortController().signal,
    );
    try {
      await verify(invocation, this.path, options);
      return { code: 0, sentence: '', json: JSON.parse(stdout) };
    } catch (error) {
      const { exitCode, message } = toFailure(error);
      return { code: exitCode, sentence: message, json: stdout === '' ? null : JSON.parse(stdout) };
    }
  }
}

export interface Verified {
  readonly code: number;
  readonly sentence: string;
  readonly json: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- shapes differ by test
}
