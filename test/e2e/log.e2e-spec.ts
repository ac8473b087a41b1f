import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  checkpointOf,
  hashOfLeaf,
  provesConsistency,
  provesInclusion,
  provesOffline,
  resourcesOf,
} from '../conformance/log/independent-log.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';

let market: OpenMarket;
let operator: Party;

beforeAll(async () => {
  market = await OpenMarket.open();
  operator = await market.party({ isOperator: true }, 'operator');
});

afterAll(() => market.close());

const get = (path: string, credential?: string): Promise<Response> =>
  fetch(`${market.url}/log/${path}`, { headers: credential ? { authorization: `Bearer ${credential}` } : {} });
const bytesOf = async (path: string): Promise<Buffer> => Buffer.from(await (await get(path)).arrayBuffer());
const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const vkey = async (): Promise<string> => (await bytesOf('vkey')).toString().trim();

/** A checkpoint of more leaves than these, once it is signed. */
async function signed(leaves = 0) {
  return market.eventually(async () => {
    const { checkpoint } = await market.must('{ checkpoint { size signedSize rootHash note } }');
    const note = Buffer.from(checkpoint.note ?? '');
    return checkpoint.size > leaves && checkpoint.size === checkpoint.signedSize && checkpointOf(note, await vkey());
  }, 'The log was not signed: that');
}

describe('the log of a running market', () => {
  it('is signed by the worker, and everything in it is what the specification says', async () => {
    const { size, root } = await signed();
    const entries = await leavesOf(size);

    for (const [path, bytes] of resourcesOf(entries))
      expect([path, (await bytesOf(path)).equals(bytes)]).toEqual([path, true]);
    for (let smaller = 1; smaller < size; smaller++) {
      for (const [path, bytes] of resourcesOf(entries.slice(0, smaller))) {
        expect([path, (await bytesOf(path)).equals(bytes)]).toEqual([path, true]);
      }
    }
    const { inclusionProof } = await market.must(
      '{ inclusionProof(seq: 1) { treeSize leafHash rootHash hashes tlogProof } }',
    );
    const proves = provesInclusion(hashOfLeaf(entries[1] as Buffer), 1, size, inclusionProof.hashes.map(hex), root);
    expect([inclusionProof.treeSize, inclusionProof.rootHash, proves]).toEqual([size, root.toString('hex'), true]);
    expect(provesOffline(Buffer.from(inclusionProof.tlogProof), entries[1] as Buffer, await vkey())).toBe(true);
    expect(provesOffline(await bytesOf('proof/tlog?index=1'), entries[1] as Buffer, await vkey())).toBe(true);
  });

  it('grows by consistent checkpoints', async () => {
    const before = await signed();
    await market.party({ isProvider: true });
    const after = await signed(before.size);

    const { consistencyProof: proof } = await market.must(
      'query($from: BigInt!, $to: BigInt) { consistencyProof(fromSize: $from, toSize: $to) { fromRootHash toRootHash hashes } }',
      { from: before.size, to: after.size },
    );
    expect(provesConsistency(before.size, after.size, before.root, after.root, proof.hashes.map(hex))).toBe(true);
    expect(await (await get(`proof/consistency?from=${before.size}&to=${after.size}`)).json()).toEqual({
      fromSize: before.size,
      toSize: after.size,
      ...proof,
    });
  });

  it('is served with types and lifetimes of its parts', async () => {
    await signed();
    const headers = async (path: string) => {
      const { status, headers } = await get(path);
      return [status, headers.get('content-type'), headers.get('cache-control')];
    };
    const text = 'text/plain; charset=utf-8';
    const forEver = 'public, max-age=31536000, immutable';

    expect(await headers('checkpoint')).toEqual([200, text, 'public, max-age=1']);
    expect(await headers('vkey')).toEqual([200, text, 'public, max-age=300']);
    expect(await headers('tile/0/000.p/1')).toEqual([200, 'application/octet-stream', forEver]);
    expect(await headers('tile/entries/000.p/1')).toEqual([200, 'application/octet-stream', forEver]);
    expect(await headers('proof/tlog?index=0')).toEqual([200, text, 'public, max-age=1']);
  });

  it.each([
    ['tile/0/000', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/0/000.p/255', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/7/000.p/1', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/0/0', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/entries/../checkpoint', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/0/%2e%2e/checkpoint', 404, 'AUDIT_NO_SUCH_TILE'],
    ['tile/data/000', 404, 'AUDIT_NO_SUCH_TILE'],
    ['proof/inclusion', 400, 'REQUEST_INVALID'],
    ['proof/inclusion?index=-1', 400, 'REQUEST_INVALID'],
    ['proof/inclusion?index=1e3', 400, 'REQUEST_INVALID'],
    ['proof/inclusion?index=0&size=0', 400, 'REQUEST_INVALID'],
    ['proof/inclusion?index=99999', 404, 'AUDIT_BEYOND_SIGNED'],
    ['proof/inclusion?index=0&index=1', 400, 'REQUEST_INVALID'],
    ['proof/consistency?from=2&to=1', 400, 'REQUEST_INVALID'],
    ['proof/consistency?from=1&to=99999', 404, 'AUDIT_BEYOND_SIGNED'],
  ])('refuses %s with %s %s, uncached', async (path, status, code) => {
    await signed();

    const response = await get(path);

    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([status, code]);
    expect(response.headers.get('cache-control') ?? '').not.toMatch(/public|immutable/);
  });

  it('tells its health to operators, and to the metrics', async () => {
    const { size } = await signed();
    const health = await market.eventually(async () => {
      const { logHealth } = await market.must(
        '{ logHealth { size signedSize vkeys publishingProblem lastVerifiedAt isIntact problem } }',
        {},
        operator.apiKey,
      );
      return logHealth.lastVerifiedAt && logHealth;
    }, 'The first look at the whole log');
    const metrics = await (await fetch(`${market.url}/metrics`)).text();

    // The log may have grown since.
    expect(health.signedSize).toBeGreaterThanOrEqual(size);
    expect(Number(/^bodega_log_signed_size (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(health.signedSize);
    expect(health).toMatchObject({
      vkeys: [await vkey()],
      publishingProblem: null,
      isIntact: true,
      problem: null,
    });
    for (const line of ['bodega_log_intact 1', 'bodega_log_publishing 1']) expect(metrics).toContain(line);
  });

  it('is verified and exported by the command line', async () => {
    const { size } = await signed();
    const kept = join(market.folder, 'checkpoint');
    await writeFile(kept, await bytesOf('checkpoint'));
    await market.party({ isBuyer: true });
    const later = await signed(size);

    const verified = await market.cli(['audit', 'verify', '--checkpoint', kept, '--json']);
    // The log may have grown since: the worker goes on.
    expect(verified).toMatchObject({ code: 0, json: { verified: true, extends: [size] } });
    expect(verified.json.size).toBeGreaterThanOrEqual(later.size);
    const exported = await market.cli(['audit', 'export', '--out', join(market.folder, 'leaves'), '--json']);
    expect(exported.code).toBe(0);
    expect(exported.json.size).toBeGreaterThanOrEqual(verified.json.size);
  });
});

async function leavesOf(size: number): Promise<Buffer[]> {
  const { auditLog } = await market.must('{ auditLog(first: 100) { nodes { seq leaf } } }', {}, operator.apiKey);
  const leaves = (auditLog.nodes as { seq: number; leaf: string }[])
    .filter(({ seq }) => seq < size)
    .sort((a, b) => a.seq - b.seq)
    .map(({ leaf }) => Buffer.from(leaf));
  expect(leaves).toHaveLength(size);
  return leaves;
}
