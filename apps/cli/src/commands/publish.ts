import { access } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ClientError,
  CreateDataset,
  CreateOffer,
  Dataset,
  PublishVersion,
  SubmitVersion,
  UpdateDataset,
  Version,
  pause,
} from '@app/client';
import type { BodegaClient, DatasetAnswer, RuleResult, VersionAnswer } from '@app/client';
import { merkleRootOf } from '@app/kernel';
import { parseSlug } from '../arguments/dataset-selector.js';
import { parseCurrency, parsePriceMinor } from '../arguments/numbers.js';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { readDatasetYaml } from '../local/dataset-yaml.js';
import type { DatasetMetadata } from '../local/dataset-yaml.js';
import { walkTree } from '../local/tree-walk.js';
import { counted, formatBytes } from '../terminal/units.js';
import { uploadTree } from '../transfer/upload-tree.js';
import { factsOf, formatReport } from './version-report.js';

export interface PublishOptions {
  readonly name: string;
  readonly meta?: string;
  readonly note?: string;
  readonly terms?: string;
  readonly price?: string;
  readonly currency?: string;
  readonly per?: string;
  readonly submitOnly?: boolean;
}

interface OfferWish {
  readonly template: string;
  readonly priceMinor?: number;
  readonly currency?: string;
  readonly per?: string;
}

const PER = ['dataset', 'hour', 'episode'];

/** Uploads a folder, waits for its report, and lists it when every L1 rule holds. */
export async function publish(invocation: Invocation, folder: string, options: PublishOptions): Promise<void> {
  const { signal } = invocation;
  const slug = parseSlug(options.name);
  const offer = readOfferWish(options);
  const client = await invocation.accountClient();
  const metadata = await findMetadata(folder, options.meta);
  const tree = await walkTree(folder);
  if (tree.skipped.length > 0)
    invocation.note(`Left out: ${tree.skipped.slice(0, 10).join(', ')}${tree.skipped.length > 10 ? ' …' : ''}`);
  const dataset = await findDataset(client, slug, signal);
  if (dataset?.currentVersion && options.note === undefined && options.submitOnly !== true) {
    throw CliErrors.BAD_USAGE({
      reason: `${slug} has a published version: say with --note what is different in this one.`,
    });
  }
  await describe(client, slug, dataset, metadata, signal);

  const totalBytes = tree.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  invocation.note(`Uploading ${counted(tree.files.length, 'file')}, ${formatBytes(totalBytes)}.`);
  const progress = invocation.progress(`upload ${slug}`);
  progress.expect(totalBytes);
  const uploaded = await uploadTree(
    client,
    slug,
    tree.files,
    (bytes, moved) => progress.advance(bytes, moved),
    signal,
  ).finally(() => progress.close());
  await submit(client, uploaded.version.id, signal);
  if (options.submitOnly === true) {
    report(invocation, slug, (await client.run(Version, { id: uploaded.version.id }, signal)).node);
    return;
  }

  invocation.note(`${slug} ${uploaded.version.label} is being measured.`);
  const version = await waitForReport(client, uploaded.version.id, signal);
  if (version.status !== 'READY') {
    report(invocation, slug, version);
    throw CliErrors.REJECTED({ slug, version: version.label, failing: failingRules(version).length });
  }
  if (version.merkleRoot !== merkleRootOf(uploaded.files)) {
    report(invocation, slug, version);
    throw CliErrors.INCOMPLETE({
      reason: `${version.label} holds other files than ${folder}, perhaps from an upload begun earlier; it was not published`,
    });
  }
  await client.run(
    PublishVersion,
    { input: { versionId: version.id, ...(options.note !== undefined && { changeNote: options.note }) } },
    signal,
  );
  if (offer) await client.run(CreateOffer, { input: { slug, ...offer } }, signal);
  report(invocation, slug, (await client.run(Version, { id: version.id }, signal)).node ?? version);
  const listed = await findDataset(client, slug, signal);
  if (listed?.status === 'IN_REVIEW') invocation.note(`${slug} waits for a review by the market before others see it.`);
}

function readOfferWish(options: PublishOptions): OfferWish | null {
  const { terms, price, currency, per } = options;
  if (terms === undefined) {
    if (price === undefined && currency === undefined && per === undefined) return null;
    throw CliErrors.BAD_USAGE({
      reason: 'A price needs terms: say with --terms under which licence (for example commercial).',
    });
  }
  if (per !== undefined && !PER.includes(per))
    throw CliErrors.BAD_USAGE({ reason: `--per must be ${PER.join(', ')}, not "${per}".` });
  if (price === undefined) return { template: terms };
  return {
    template: terms,
    priceMinor: parsePriceMinor(price),
    currency: parseCurrency(currency ?? 'CNY'),
    per: per ?? 'dataset',
  };
}

async function findMetadata(folder: string, named: string | undefined): Promise<DatasetMetadata | null> {
  if (named !== undefined) return readDatasetYaml(named);
  const usual = join(folder, 'dataset.yaml');
  const isThere = await access(usual).then(
    () => true,
    () => false,
  );
  return isThere ? readDatasetYaml(usual) : null;
}

async function findDataset(client: BodegaClient, slug: string, signal: AbortSignal): Promise<DatasetAnswer | null> {
  try {
    return (await client.run(Dataset, { slug }, signal)).dataset;
  } catch (error) {
    if (error instanceof ClientError && error.kind === 'NOT_FOUND') return null;
    throw error;
  }
}

/** Makes the dataset, or brings its words and declared facts up to what the folder says now. */
async function describe(
  client: BodegaClient,
  slug: string,
  dataset: DatasetAnswer | null,
  metadata: DatasetMetadata | null,
  signal: AbortSignal,
): Promise<void> {
  const name = slug.split('/')[1] ?? slug;
  const title = metadata?.title ?? { zh: null, en: name };
  const summary = metadata?.summary ? { summary: metadata.summary } : {};
  if (!dataset) {
    await client.run(
      CreateDataset,
      { input: { name: slug, title, ...summary, declared: metadata?.declared ?? {} } },
      signal,
    );
  } else if (metadata) {
    await client.run(UpdateDataset, { input: { slug, title, ...summary, declared: metadata.declared } }, signal);
  }
}

/** Submitting is not repeatable blindly: after a lost answer the version itself tells whether it was taken. */
async function submit(client: BodegaClient, versionId: string, signal: AbortSignal): Promise<void> {
  try {
    await client.run(SubmitVersion, { input: { versionId } }, signal);
  } catch (error) {
    if (!(error instanceof ClientError) || error.code !== 'CLIENT_UNREACHABLE') throw error;
    const { node } = await client.run(Version, { id: versionId }, signal);
    if (node?.status === 'UPLOADING') await client.run(SubmitVersion, { input: { versionId } }, signal);
  }
}

/** First and longest pause between looks: small sets take a second, large ones hours. */
const FIRST_LOOK_MS = 250;
const SELDOMEST_LOOK_MS = 10_000;

async function waitForReport(client: BodegaClient, id: string, signal: AbortSignal): Promise<VersionAnswer> {
  for (let wait = FIRST_LOOK_MS; ; wait = Math.min(SELDOMEST_LOOK_MS, wait * 1.5)) {
    const { node } = await client.run(Version, { id }, signal);
    if (!node) throw CliErrors.INCOMPLETE({ reason: `the market does not know version ${id} any more` });
    if (node.status !== 'UPLOADING' && node.status !== 'VALIDATING') return node;
    await pause(wait, signal);
  }
}

const failingRules = (version: VersionAnswer): RuleResult[] =>
  (version.report?.rules ?? []).filter((rule) => rule.result === 'fail' && rule.level === 'L1');

function report(invocation: Invocation, slug: string, version: VersionAnswer | null): void {
  if (!version) throw CliErrors.NO_VERSION({ slug, version: 'just uploaded' });
  const findings = (version.report?.rules ?? []).map(({ rule, result, value, threshold, where }) => ({
    rule,
    result,
    value,
    threshold,
    where,
  }));
  invocation.result(
    {
      slug,
      version: version.label,
      commit: version.commitId,
      status: version.status.toLowerCase(),
      grade: version.grade,
      facts: factsOf(version),
      findings,
      defects: version.report?.findings ?? [],
    },
    () => formatReport(slug, version),
  );
}
