import 'reflect-metadata';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DatasetService, VersionManifest } from '@app/catalog';
import { newId } from '@app/kernel';
import { RightsMarket } from '../../support/rights-market.factory.js';

/** More than two pages, so that what stands between pages is seen. */
const FILES = 12_000;

let market: RightsMarket;
let versionId: string;

beforeAll(async () => {
  market = await RightsMarket.open();
  const provider = await market.party({ isProvider: true });
  const { id } = await market.get(DatasetService).createDataset(provider.ctx, { name: `${provider.slug}/many` });
  versionId = newId('Version');
  await market.rows(
    `insert into dataset_versions (id, dataset_id, number, label, status, created_by, created_at)
     values ($1, $2, 1, 'v1', 'ready', 'test', now())`,
    [versionId, id],
  );
  // Every 1,000 files a folder, as LeRobot chunks them; the folder of extras has a name that sorts by bytes, not by letters.
  await market.rows(
    `insert into version_files (version_id, path, size_bytes, sha256, media_type, role, status, part_size)
     select $1, case when i % 1000 = 999 then '额外/' || i || '.json'
                     else 'data/chunk-' || lpad((i / 1000)::text, 3, '0') || '/episode_' || lpad(i::text, 6, '0') || '.parquet' end,
            i, encode(sha256(i::text::bytea), 'hex'), 'application/vnd.apache.parquet', 'data', 'uploaded', 16777216
       from generate_series(0, $2::int - 1) as i`,
    [versionId, FILES],
  );
}, 120_000);

afterAll(() => market.close());

async function linesOf(): Promise<{ bytes: Buffer; blocks: number }> {
  const blocks: Buffer[] = [];
  for await (const block of market.get(VersionManifest).lines(market.system, versionId)) blocks.push(block);
  return { bytes: Buffer.concat(blocks), blocks: blocks.length };
}

describe('the manifest of a version of many files', () => {
  it('comes in blocks and names every file once, in order of path bytes', async () => {
    const { bytes, blocks } = await linesOf();

    const files = bytes
      .toString()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { path: string; sha256: string });
    expect(blocks).toBe(3);
    expect(new Set(files.map(({ path }) => path)).size).toBe(FILES);
    const sorted = [...files].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
    expect(files.map(({ path }) => path)).toEqual(sorted.map(({ path }) => path));
    expect(files[1]).toEqual({
      path: 'data/chunk-000/episode_000001.parquet',
      sizeBytes: 1,
      sha256: createHash('sha256').update('1').digest('hex'),
      mediaType: 'application/vnd.apache.parquet',
      role: 'data',
    });
  });

  it('has the hash and size that are told of it, asked once or by many at once', async () => {
    const { bytes } = await linesOf();
    const manifest = market.get(VersionManifest);

    const told = await Promise.all(Array.from({ length: 5 }, () => manifest.factsOf(market.system, versionId)));

    expect(new Set(told).size).toBe(1);
    expect(told[0]).toMatchObject({
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sizeBytes: bytes.length,
      fileSets: [
        { id: 'data-json', includes: ['额外/*.json'], files: FILES / 1_000 },
        { id: 'data-parquet', includes: ['data/*/*.parquet'], files: FILES - FILES / 1_000 },
      ],
    });
  });
});
