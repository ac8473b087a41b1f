import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '@app/embedded';
import { CompactRange, TILE_HEIGHT, formatCheckpoint, leafHash, signNote } from '@app/kernel';
import type { Subtree } from '@app/kernel';
import { startServer } from '../../apps/api/src/server.js';
import { provesConsistency, provesInclusion } from '../../test/conformance/log/independent-log.js';
import { median, quantile } from '../bench-row.js';
import type { BenchRow } from '../bench-row.js';
import { NO_STORE } from './environment.js';

const ROUNDS = 3;
const PROOFS = 200;
const BOUND_MS = 20;
/** The reference: the same server asked for nothing. */
const BARE = 'GET /healthz';
/** Leaves that the database makes in one statement. */
const STEP = 500_000;
const PARTITION_LEAVES = 10_000_000;
const ORIGIN = '127.0.0.1:3000/log';

const leafOf = (seq: number): string => `{"facts":{"n":${seq}},"v":1}`;

/**
 * Proofs in a large log, through the doors of an API in this process, each verified by a verifier that shares no code with ours. The leaves are
 * synthetic and short, with real hashes, real subtrees and a real signature; what no proof reads (links of the chain, secondary indexes) is left out.
 */
export async function proofRows(leaves: number): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-bench-proofs-'));
  // The server may run as another user, and must reach its folder.
  await chmod(folder, 0o755);
  const postgres = await startPostgres({
    dataDir: join(folder, 'postgres'),
    settings: { shared_buffers: '256MB', max_wal_size: '4GB', checkpoint_timeout: '30min' },
  });
  try {
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    const keyFile = join(folder, 'log-key.pem');
    await writeFile(keyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }));
    const { app, url } = await startServer({
      environment: { DATABASE_URL: postgres.url, PORT: '0', LOG_KEY_FILE: keyFile, ...NO_STORE },
    });
    const client = new pg.Client({ connectionString: postgres.url });
    try {
      await client.connect();
      const startMs = performance.now();
      const tree = await grow(client, leaves);
      const { x = '' } = publicKey.export({ format: 'jwk' });
      const note = signNote(formatCheckpoint({ origin: ORIGIN, size: tree.size, rootHash: tree.root() }), [
        { name: ORIGIN, publicKey: Buffer.from(x, 'base64url'), privateKey },
      ]);
      await client.query('update audit_signed_checkpoint set size = $1, root_hash = $2, note = $3', [
        tree.size,
        tree.root(),
        note,
      ]);
      const builtS = Math.round((performance.now() - startMs) / 1000);
      return await measure(url, tree, `${leaves.toLocaleString('en-US')} synthetic leaves, made in ${builtS} s`);
    } finally {
      await client.end();
      await app.close();
    }
  } finally {
    await postgres.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** The leaves by the database, and at the same time their tree by this process. */
async function grow(client: pg.Client, leaves: number): Promise<CompactRange> {
  await client.query('set session_replication_role = replica; set synchronous_commit = off; set work_mem = "64MB"');
  for (const index of ['action', 'subject', 'dataset', 'grant', 'organizations', 'at', 'act']) {
    await client.query(`drop index audit_log_${index}`);
  }
  for (let n = 0; n * PARTITION_LEAVES < leaves; n++) {
    await client.query('select audit_make_partition($1)', [n]);
    await client.query(`alter table audit_log_p${n} set unlogged`);
  }
  const tree = new CompactRange();
  for (let from = 0; from < leaves; from += STEP) {
    const to = Math.min(from + STEP, leaves);
    const inserting = client.query(
      `insert into audit_log (seq, act_id, at, action, subject_id, organization_ids, leaf, leaf_hash, chain_hash)
       select n, n, now(), 'bench.made', 'bench', '{}', leaf, sha256('\\x00'::bytea || leaf), sha256(leaf)
       from (select n, convert_to('{"facts":{"n":' || n || '},"v":1}', 'UTF8') as leaf
             from generate_series($1::bigint, $2::bigint) as n) as made`,
      [from, to - 1],
    );
    const subtrees: Subtree[] = [];
    for (let seq = from; seq < to; seq++) {
      tree.append(leafHash(leafOf(seq)), (subtree) => {
        if (subtree.height % TILE_HEIGHT === 0) subtrees.push(subtree);
      });
      // The socket of the database has its turn too.
      if (seq % 20_000 === 0) await new Promise(setImmediate);
    }
    await inserting;
    await client.query('insert into audit_subtrees select * from unnest($1::smallint[], $2::bigint[], $3::bytea[])', [
      subtrees.map(({ height }) => height),
      subtrees.map(({ index }) => index),
      subtrees.map(({ hash }) => hash),
    ]);
  }
  await client.query('update audit_checkpoint set size = $1, root_hash = $2, edge = $3::bytea[], at = now()', [
    tree.size,
    tree.root(),
    tree.subtrees,
  ]);
  await client.query('analyze audit_log; analyze audit_subtrees');
  return tree;
}

interface Proof {
  readonly leafHash: string;
  readonly rootHash: string;
  readonly fromRootHash: string;
  readonly toRootHash: string;
  readonly hashes: readonly string[];
}

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

async function measure(url: string, tree: CompactRange, how: string): Promise<BenchRow[]> {
  const any = (): number => Math.floor(Math.random() * tree.size);
  const http = async (path: string): Promise<Proof> =>
    (await fetch(`${url}/log/proof/${path}`)).json() as Promise<Proof>;
  const graphql = async (query: string): Promise<Record<string, Proof>> => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    return ((await response.json()) as { data: Record<string, Proof> }).data;
  };
  const isIncluded = (seq: number, size: number, proof: Proof | undefined): boolean =>
    proof !== undefined &&
    proof.leafHash === leafHash(leafOf(seq)).toString('hex') &&
    provesInclusion(hex(proof.leafHash), seq, size, proof.hashes.map(hex), hex(proof.rootHash)) &&
    (size < tree.size || proof.rootHash === tree.root().toString('hex'));
  const ways: Readonly<Record<string, () => Promise<boolean>>> = {
    [BARE]: async () => ((await (await fetch(`${url}/healthz`)).json()) as { status: string }).status === 'alive',
    'inclusion at the signed size, HTTP': async () => {
      const seq = any();
      return isIncluded(seq, tree.size, await http(`inclusion?index=${seq}`));
    },
    'inclusion at the signed size, GraphQL': async () => {
      const seq = any();
      const data = await graphql(`{ inclusionProof(seq: ${seq}) { leafHash rootHash hashes tlogProof } }`);
      return isIncluded(seq, tree.size, data['inclusionProof']);
    },
    'inclusion at any size, HTTP': async () => {
      const size = any() + 1;
      const seq = Math.floor(Math.random() * size);
      return isIncluded(seq, size, await http(`inclusion?index=${seq}&size=${size}`));
    },
    'consistency from any size, HTTP': async () => {
      const from = any() + 1;
      const { fromRootHash, toRootHash, hashes } = await http(`consistency?from=${from}`);
      return (
        toRootHash === tree.root().toString('hex') &&
        provesConsistency(from, tree.size, hex(fromRootHash), hex(toRootHash), hashes.map(hex))
      );
    },
  };
  const p95s = new Map<string, number[]>();
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, prove] of Object.entries(ways)) {
      const times: number[] = [];
      for (let n = 0; n < PROOFS; n++) {
        const start = performance.now();
        const isProven = await prove();
        times.push(performance.now() - start);
        if (!isProven) throw new Error(`A proof of ${name} does not hold.`);
      }
      // The first round warms up.
      if (round > 0) p95s.set(name, [...(p95s.get(name) ?? []), quantile(times, 0.95)]);
    }
  }
  const busy = `load ${loadavg()[0]?.toFixed(1)}`;
  const { [BARE]: bare = NaN, ...ours } = Object.fromEntries(
    [...p95s].map(([name, figures]) => [name, median(figures)]),
  );
  return Object.entries(ours).map(([name, p95]) => ({
    work: `p95 of a proof: ${name}; ${how}, against ${BARE} (${busy})`,
    ours: p95,
    unit: 'ms',
    reference: bare,
    ratio: p95 / bare,
    reach: `≤ ${BOUND_MS} ms`,
    met: p95 <= BOUND_MS,
  }));
}
