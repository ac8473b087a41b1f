import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { SCOPES, newId } from '@app/kernel';
import type { UserActor } from '@app/kernel';
import { MAX_LEAF_BYTES, readLeaf, saltedHash, writeAct } from './leaf.rules.js';
import type { Act } from './leaf.rules.js';

const salt = Buffer.alloc(32, 7);
const at = new Date('2026-03-01T10:00:00.123Z');
const user: UserActor = {
  kind: 'user',
  userId: newId('User'),
  organizationId: 'org_buyer',
  organizationSlug: 'buyer',
  role: 'owner',
  isProvider: false,
  isBuyer: true,
  isAdmin: false,
  credential: 'session',
  credentialId: 'ses_1',
  scopes: new Set(SCOPES),
};
const act: Act = {
  action: 'grant.revoked',
  subject: { kind: 'grant', id: 'grt_1' },
  about: { datasetId: 'ds_1', organizationIds: ['org_seller', 'org_buyer'], grantId: 'grt_1' },
  facts: { reason: '条款违反' },
};

const write = (change: Partial<Act> = {}, actor: Parameters<typeof writeAct>[1] = user) =>
  writeAct({ ...act, ...change }, actor, 'req_1', at, salt);

describe('writeAct', () => {
  it('writes canonical JSON with the facts, the organizations and the salted actor', () => {
    const { bytes } = write();

    const privateRecord = `{"actor":{"credential":"session","credentialId":"ses_1","userId":"${user.userId}"}}`;
    expect(bytes.toString()).toBe(
      '{"about":{"dataset":"ds_1","grant":"grt_1","orgs":["org_buyer","org_seller"]},"action":"grant.revoked",' +
        `"actor":{"kind":"user","org":"org_buyer","user":"${saltedHash(salt, user.userId)}"},` +
        `"at":"2026-03-01T10:00:00.123Z","facts":{"reason":"条款违反"},"private":"${saltedHash(salt, privateRecord)}",` +
        '"request":"req_1","subject":{"id":"grt_1","kind":"grant"},"v":1}',
    );
  });

  it('hashes the salt before the text', () => {
    const expected = createHash('sha256')
      .update(Buffer.concat([salt, Buffer.from('abc')]))
      .digest('hex');

    expect(saltedHash(salt, 'abc')).toBe(expected);
  });

  it('keeps private facts out of the leaf', () => {
    const { bytes, privateJson } = write({ private: { ip: '203.0.113.9', email: 'a@example.com' } });

    expect(bytes.toString()).not.toMatch(/203\.0\.113\.9|example\.com/);
    expect(privateJson).toContain('"ip":"203.0.113.9"');
  });

  it('has no private part when the system acts without private facts', () => {
    const written = write({}, { kind: 'system', name: 'catalog.ingest_version' });

    expect(written.privateJson).toBeNull();
    expect(written.leaf.private).toBeNull();
    expect(written.leaf.actor).toEqual({ kind: 'system', name: 'catalog.ingest_version' });
  });

  it('hides the id of a person who is the subject', () => {
    const { leaf } = write({ subject: { kind: 'user', id: user.userId } });

    expect(leaf.subject).toEqual({ kind: 'user', id: saltedHash(salt, user.userId) });
  });

  it.each([
    ['an e-mail address', 'ask li.wei@example.com.cn'],
    ['an e-mail address', '邮箱 王@例子.中国'],
    ['an API key', 'hf_bodega_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG'],
    ['the id of a person', `said ${user.userId}`],
  ])('refuses facts that contain %s', (what, reason) => {
    expect(() => write({ facts: { reason } })).toThrow(
      expect.objectContaining({ code: 'AUDIT_PERSONAL_DATA', details: { action: 'grant.revoked', what } }),
    );
  });

  it('accepts a leaf of exactly the largest size, and refuses one byte more', () => {
    const room = MAX_LEAF_BYTES - write({ facts: { text: '' } }).bytes.length;

    expect(write({ facts: { text: 'x'.repeat(room) } }).bytes.length).toBe(MAX_LEAF_BYTES);
    expect(() => write({ facts: { text: 'x'.repeat(room + 1) } })).toThrow(
      expect.objectContaining({ code: 'AUDIT_LEAF_TOO_LARGE' }),
    );
  });

  it.each(['revoked', 'Grant.revoked', 'grant.revoked.', 'grant revoked'])(
    'refuses %j as the name of an act',
    (action) => {
      expect(() => write({ action })).toThrow('is no name of an act');
    },
  );
});

describe('readLeaf', () => {
  it('reads back what was written', () => {
    const { leaf, bytes } = write();

    expect(readLeaf(bytes)).toEqual(leaf);
  });

  it('refuses another spelling of the same leaf', () => {
    const { leaf } = write();

    expect(() => readLeaf(Buffer.from(JSON.stringify(leaf, null, 1)))).toThrow('no canonical leaf');
  });
});
