import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOSTILE_CORPUS } from '../support/hostile/corpus.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';

describe('hostile uploads through the front door', () => {
  let market: OpenMarket;
  let provider: Party;

  beforeAll(async () => {
    market = await OpenMarket.open();
    provider = await market.party({ isProvider: true }, 'lab');
  });

  afterAll(() => market.close());

  async function publish(name: string, slug: string) {
    const upload = HOSTILE_CORPUS.find((one) => one.name === name);
    if (!upload) throw new Error(`the corpus has no "${name}"`);
    const folder = join(market.folder, slug);
    for (const [path, bytes] of await upload.build()) {
      await mkdir(dirname(join(folder, path)), { recursive: true });
      await writeFile(join(folder, path), bytes);
    }
    return market.cli(['publish', folder, '--name', `lab/${slug}`, '--json'], provider);
  }

  it.each([
    ['Zarr zip of 10 GB of zeros', 'zip-bomb', 'EXPANSION_LIMIT'],
    ['Parquet, a page that is a: zstd bomb', 'parquet-bomb', 'BAD_PARQUET'],
    ['SQLite bag with: a view for messages that never ends', 'endless-view', 'BAD_BAG'],
  ])('%s is refused with its reason', async (name, slug, code) => {
    const run = await publish(name, slug);

    expect(run.code).toBe(1);
    expect(run.stdout + run.stderr).toContain(code);
  });

  it('and the same worker then checks a sound set', async () => {
    const run = await publish('LeRobot v3.0: a sound set', 'sound');

    expect({ code: run.code, said: run.stdout + run.stderr }).toMatchObject({
      said: expect.stringContaining('lab/sound'),
    });
    expect(run.stdout + run.stderr).not.toContain('READER_GAVE_UP');
    expect(run.json).toMatchObject({ facts: { episodes: 3 } });
  });
});
