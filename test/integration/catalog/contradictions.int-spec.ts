import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OpenMarket } from '../../support/open-market.js';
import type { Party } from '../../support/open-market.js';
import { sampleFolder } from '../../support/published-set.js';

let market: OpenMarket;
let provider: Party;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bodega-texts-'));
  market = await OpenMarket.open();
  provider = await market.party({ isProvider: true });
});

afterAll(async () => {
  await market?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The rule of the licence of a sample set whose README was changed. */
async function licenceRule(name: string, change: (readme: string) => string): Promise<Record<string, string>> {
  const root = join(folder, name);
  await cp(sampleFolder('placement'), root, { recursive: true });
  await writeFile(join(root, 'README.md'), change(await readFile(join(root, 'README.md'), 'utf8')));
  const slug = `${provider.slug}/${name}`;
  await market.cli(['publish', root, '--name', slug, '--json'], provider);
  const { dataset } = await market.must(
    'query($slug: String!) { dataset(slug: $slug) { versions(first: 1) { nodes { status report } } } }',
    { slug },
    provider.apiKey,
  );
  const [version] = dataset.versions.nodes;
  return { status: version.status, ...version.report.rules.find(({ rule }: { rule: string }) => rule === 'CO-1') };
}

describe('the texts of an upload', () => {
  it('are read with it: a README that gives the data away is held against the terms of the sale', async () => {
    const giving = await licenceRule('giving', (readme) => `${readme}\nThe data is licensed under CC BY 4.0.\n`);

    expect(giving).toMatchObject({ status: 'REJECTED', result: 'fail' });
    expect(giving['message']).toContain('C14');
    expect(giving['message']).toContain('README.md:');
    expect(giving['message']).toContain('"CC BY 4.0"');
  });
});
