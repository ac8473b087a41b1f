import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { BodegaClient, ClientError, DatasetOffers, DatasetVersions, PublishVersion, once, pause } from '@app/client';
import type { VersionSummary } from '@app/client';
import type { DemoAccount, DemoFile } from './demo-file.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

interface Shelf {
  readonly slug: string;
  readonly folder: string;
  /** What `bodega publish` is told of the offer. */
  readonly offer: readonly string[];
}

/** The three sets that we recorded ourselves, with the three kinds of offer. */
const SHELF: readonly Shelf[] = [
  { slug: 'riverside/sorting-sim', folder: 'samples/sorting', offer: ['--terms', 'CC-BY-4.0'] },
  { slug: 'openhand/grasping-sim', folder: 'samples/grasping', offer: ['--terms', 'CC-BY-NC-4.0'] },
  {
    slug: 'riverside/placement-sim',
    folder: 'samples/placement',
    offer: ['--terms', 'commercial', '--price', '19900', '--currency', 'CNY', '--per', 'dataset'],
  },
];

const OPENING_BALANCE_MINOR = 1_000_000;
const LOOK_MS = 300;
const PUBLISH_MS = 600_000;

/** Publishes what is not on the shelf yet, through the same command and API that any provider uses, and fills the buyer's purse once. */
export async function stockShelf(demo: DemoFile, say: (line: string) => void, stop: AbortSignal): Promise<void> {
  for (const item of SHELF) await putOnShelf(demo, item, say, stop);
  await fillPurse(demo);
}

function accountOf(demo: DemoFile, isWanted: (account: DemoAccount) => boolean): DemoAccount {
  const account = demo.accounts.find(isWanted);
  if (!account) throw new Error('demo.json lacks an account; delete it to have the accounts made anew.');
  return account;
}

const clientOf = (demo: DemoFile, account: DemoAccount): BodegaClient =>
  new BodegaClient({ endpoint: demo.url, credential: account.apiKey });

async function putOnShelf(
  demo: DemoFile,
  { slug, folder, offer }: Shelf,
  say: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const provider = accountOf(demo, (account) => slug.startsWith(`${account.organization}/`));
  const client = clientOf(demo, provider);
  const signal = AbortSignal.any([stop, AbortSignal.timeout(PUBLISH_MS)]);
  const newest = await settledVersion(client, slug, signal);
  if (newest && ['PUBLISHED', 'SUPERSEDED', 'RECALLED'].includes(newest.status)) {
    await ensureOffer(client, slug, offer, signal);
    return;
  }
  say(`Loading the shelf: ${slug} …`);
  if (newest?.status === 'READY') {
    // An earlier start was stopped between the check and the release.
    await client.run(PublishVersion, { input: { versionId: newest.id } }, signal);
    await ensureOffer(client, slug, offer, signal);
    return;
  }
  const args = [
    'apps/cli/bin/bodega.mjs',
    'publish',
    folder,
    '--name',
    slug,
    '--meta',
    `${folder}/dataset.yaml`,
    ...offer,
    '--json',
  ];
  try {
    await run(process.execPath, args, {
      cwd: root,
      env: { ...process.env, BODEGA_ENDPOINT: demo.url, BODEGA_API_KEY: provider.apiKey },
      maxBuffer: 1 << 26,
      signal,
      killSignal: 'SIGKILL',
    });
  } catch (error) {
    const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new Error(`Publishing ${slug} failed: ${stderr.trim()}`, { cause: error });
  }
}

/** The newest version of the dataset, once nobody is checking it; null when there is none. */
async function settledVersion(client: BodegaClient, slug: string, signal: AbortSignal): Promise<VersionSummary | null> {
  for (;;) {
    try {
      const { dataset } = await client.run(DatasetVersions, { slug }, signal);
      const newest = dataset.versions.nodes[0] ?? null;
      if (newest?.status !== 'VALIDATING') return newest;
    } catch (error) {
      if (error instanceof ClientError && error.kind === 'NOT_FOUND') return null;
      throw error;
    }
    await pause(LOOK_MS, signal);
  }
}

async function ensureOffer(
  client: BodegaClient,
  slug: string,
  offer: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const { dataset } = await client.run(DatasetOffers, { slug }, signal);
  if (dataset.offers.length > 0) return;
  const valueOf = (flag: string): string | undefined => offer[offer.indexOf(flag) + 1];
  const isPriced = offer.includes('--price');
  const input = {
    slug,
    template: valueOf('--terms'),
    ...(isPriced && { priceMinor: Number(valueOf('--price')), currency: valueOf('--currency'), per: valueOf('--per') }),
  };
  await rawMutation(client, 'createOffer', 'CreateOfferInput', input, 'id');
}

async function fillPurse(demo: DemoFile): Promise<void> {
  const admin = accountOf(demo, (account) => account.role === 'admin');
  const buyer = accountOf(demo, (account) => account.role === 'buyer');
  // The same key every time: the purse is filled once, however often the shelf is stocked.
  await rawMutation(
    clientOf(demo, admin),
    'topUpBalance',
    'TopUpBalanceInput',
    {
      organizationSlug: buyer.organization,
      amountMinor: OPENING_BALANCE_MINOR,
      currency: 'CNY',
      reference: 'Opening balance of the demo',
      idempotencyKey: 'demo-opening-balance',
    },
    'currency',
  );
}

async function rawMutation(
  client: BodegaClient,
  name: string,
  inputType: string,
  input: object,
  fields: string,
): Promise<void> {
  await client.run(
    once<{ input: object }, unknown>('M', `mutation M($input: ${inputType}!) { ${name}(input: $input) { ${fields} } }`),
    { input },
    AbortSignal.timeout(60_000),
  );
}
