import { mkdir, realpath, rm, statfs } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { EpisodeFiles, EpisodeIndices, Version, VersionFiles, VersionRenditions } from '@app/client';
import type { BodegaClient, EpisodeFilter, GrantAnswer, RenditionAnswer, VersionAnswer } from '@app/client';
import { commitIdOf, compareByPath, fileLeaf } from '@app/kernel';
import type { HashedFile } from '@app/kernel';
import { parseSelector } from '../arguments/dataset-selector.js';
import { parseEpisodeFilter } from '../arguments/episode-filter.js';
import { formatEpisodes, parseEpisodes } from '../arguments/episode-ranges.js';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { keepCertificate } from './certificate-checks.js';
import { readManifest, rootOf, writeManifest } from '../local/manifest.js';
import type { Manifest } from '../local/manifest.js';
import { STATE_FOLDER } from '../local/safe-path.js';
import { counted, formatBytes } from '../terminal/units.js';
import { downloadFile } from '../transfer/download-file.js';
import type { Desk } from '../transfer/download-file.js';
import { Lanes, forEachInLanes } from '../transfer/lanes.js';
import { inBatches, leasedFiles } from '../transfer/leased-files.js';
import { findGrant } from './find-grant.js';

export interface PullOptions {
  readonly episodes?: string;
  readonly where?: string;
  readonly as?: string;
  readonly to?: string;
}

/** Connections to the store at once. */
const LANES = 6;
const PAGE = 100;
const INDICES_PER_QUESTION = 10_000;

/** What is fetched: the version's own files, or one of its standard forms. */
interface Goods {
  readonly form: string | null;
  /** As the market names the form. */
  readonly target: RenditionAnswer['target'] | null;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly filesCount: number;
  readonly sizeBytes: number;
}

/** What part of a version is wanted: every file, or those that hold some episodes. */
interface Wanted {
  readonly paths: readonly string[] | null;
  readonly episodes: string | null;
  /** All files of the version, where only some are wanted. */
  readonly all: readonly HashedFile[] | null;
}

/** Brings a licensed version into a folder, every file proved by its hash. */
export async function pull(invocation: Invocation, name: string, options: PullOptions): Promise<void> {
  const { signal } = invocation;
  const selector = parseSelector(name);
  const asked = {
    indices: options.episodes === undefined ? null : parseEpisodes(options.episodes),
    filter: options.where === undefined ? null : parseEpisodeFilter(options.where),
  };
  const client = await invocation.accountClient();
  const grant = await findGrant(client, selector, signal);
  const version = (await client.run(Version, { id: grant.versionId }, signal)).node;
  if (!version) throw CliErrors.NO_VERSION({ slug: selector.slug, version: grant.versionLabel });
  if (version.status === 'RECALLED')
    invocation.note(`Note: ${selector.slug} ${version.label} has been recalled by its provider as defective.`);
  const goods = await chooseForm(client, version, options.as, signal);
  if (goods.form !== null && (asked.indices || asked.filter)) throw CliErrors.WHOLE_FORM_ONLY({ form: goods.form });
  const wanted = await chooseFiles(client, version, asked, signal);
  const folder = resolve(options.to ?? selector.slug.split('/')[1] ?? '.');
  const files = await fetchAll(invocation, client, { grant, goods, wanted, folder });
  const { bytes, receivedBytes } = files;
  await noteLeftOvers(invocation, folder, files.files);
  const manifest: Manifest = {
    v: 1,
    slug: selector.slug,
    version: version.label,
    commit: goods.commitId,
    merkleRoot: goods.merkleRoot,
    form: goods.form,
    grantId: grant.id,
    termsHash: grant.termsHash,
    endpoint: client.endpoint,
    pulledAt: new Date().toISOString(),
    episodes: wanted.episodes,
    certificate: null,
    tree: files.tree,
    files: files.files,
  };
  const certificate = await keepCertificate(invocation, client, folder, manifest);
  await writeManifest(folder, { ...manifest, certificate });
  await rm(join(folder, STATE_FOLDER, 'parts'), { recursive: true, force: true });
  invocation.result(
    {
      slug: selector.slug,
      version: version.label,
      commit: goods.commitId,
      ...(goods.form !== null && { form: goods.form }),
      grantId: grant.id,
      ...(wanted.episodes !== null && { episodes: wanted.episodes }),
      files: files.files.length,
      bytes,
      receivedBytes,
      certificate,
      verified: true,
      path: folder,
    },
    () =>
      `${selector.slug} ${version.label} is in ${folder}: ${counted(files.files.length, 'file')}, ${formatBytes(bytes)}, every hash checked${
        wanted.episodes === null
          ? ''
          : ` (only the files that hold episodes ${wanted.episodes}, and those about the set)`
      }.`,
  );
}

const FORMS: Readonly<Record<string, RenditionAnswer['target']>> = {
  'lerobot_v3.0': 'LEROBOT_V3_0',
  'lerobot_v2.1': 'LEROBOT_V2_1',
};

/** @throws CLI_UNKNOWN_FORM, CLI_FORM_NOT_READY */
async function chooseForm(
  client: BodegaClient,
  version: VersionAnswer,
  form: string | undefined,
  signal: AbortSignal,
): Promise<Goods> {
  if (form === undefined) return { ...version, form: null, target: null };
  const target = FORMS[form];
  if (!target) throw CliErrors.UNKNOWN_FORM({ form, known: Object.keys(FORMS) });
  const { node } = await client.run(VersionRenditions, { id: version.id }, signal);
  const made = node?.renditions.find((one) => one.target === target);
  if (made?.sameAsOriginal) return { ...version, form: null, target: null };
  if (made?.state !== 'READY' || made.filesCount === null || made.sizeBytes === null) {
    throw CliErrors.FORM_NOT_READY({
      form,
      state: made?.state.toLowerCase() ?? 'missing',
      reason: made?.error ?? null,
    });
  }
  const { commitId, merkleRoot, filesCount, sizeBytes } = made;
  return { form, target, commitId, merkleRoot, filesCount, sizeBytes };
}

async function chooseFiles(
  client: BodegaClient,
  version: VersionAnswer,
  asked: { readonly indices: readonly number[] | null; readonly filter: EpisodeFilter | null },
  signal: AbortSignal,
): Promise<Wanted> {
  if (!asked.indices && !asked.filter) return { paths: null, episodes: null, all: null };
  const passing = asked.filter ? await filteredIndices(client, version.id, asked.filter, signal) : null;
  const indices =
    asked.indices && passing
      ? asked.indices.filter((index) => passing.has(index))
      : (asked.indices ?? [...(passing ?? [])]);
  if (indices.length === 0) throw CliErrors.INCOMPLETE({ reason: 'no episode passes the conditions' });
  const holding = new Set<string>();
  for (const batch of inBatches(indices, INDICES_PER_QUESTION)) {
    const { episodeFiles } = await client.run(EpisodeFiles, { versionId: version.id, indices: batch }, signal);
    for (const path of episodeFiles) holding.add(path);
  }
  const episodes = version.facts?.measured?.episodes;
  const beyond = indices.find((index) => episodes !== undefined && index >= episodes);
  if (holding.size === 0 || beyond !== undefined) {
    throw CliErrors.INCOMPLETE({
      reason: `${version.datasetSlug} ${version.label} has no episode ${beyond ?? indices[0] ?? ''}${episodes === undefined ? '' : `; they are numbered 0-${episodes - 1}`}`,
    });
  }
  const { all, aboutTheSet } = await filesOfVersion(client, version.id, signal);
  for (const path of aboutTheSet) holding.add(path);
  return { paths: [...holding].sort(), episodes: formatEpisodes(indices), all };
}

async function filteredIndices(
  client: BodegaClient,
  id: string,
  filter: EpisodeFilter,
  signal: AbortSignal,
): Promise<Set<number>> {
  const indices = new Set<number>();
  let after: string | undefined;
  do {
    const { node } = await client.run(
      EpisodeIndices,
      { id, first: PAGE, filter, ...(after !== undefined && { after }) },
      signal,
    );
    for (const { index } of node?.episodeList.nodes ?? []) indices.add(index);
    const info = node?.episodeList.pageInfo;
    after = info?.hasNextPage && info.endCursor !== null ? info.endCursor : undefined;
  } while (after !== undefined);
  return indices;
}

/** Every file, and which are about the whole set (its tables, card and licence): without those no subset can be opened. */
async function filesOfVersion(
  client: BodegaClient,
  id: string,
  signal: AbortSignal,
): Promise<{ all: HashedFile[]; aboutTheSet: string[] }> {
  const all: HashedFile[] = [];
  const aboutTheSet: string[] = [];
  let after: string | undefined;
  do {
    const { node } = await client.run(VersionFiles, { id, first: PAGE, ...(after !== undefined && { after }) }, signal);
    for (const { path, role, sizeBytes, sha256 } of node?.files.nodes ?? []) {
      if (role === 'meta' || role === 'other') aboutTheSet.push(path);
      if (sha256 !== null) all.push({ path, sizeBytes, sha256 });
    }
    const info = node?.files.pageInfo;
    after = info?.hasNextPage && info.endCursor !== null ? info.endCursor : undefined;
  } while (after !== undefined);
  return { all, aboutTheSet };
}

interface Fetched {
  readonly files: HashedFile[];
  readonly tree: Manifest['tree'];
  readonly bytes: number;
  readonly receivedBytes: number;
}

async function fetchAll(
  invocation: Invocation,
  client: BodegaClient,
  { grant, goods, wanted, folder }: { grant: GrantAnswer; goods: Goods; wanted: Wanted; folder: string },
): Promise<Fetched> {
  const { signal } = invocation;
  const parts = join(folder, STATE_FOLDER, 'parts');
  await mkdir(parts, { recursive: true });
  const root = await realpath(folder);
  const progress = invocation.progress(`pull ${grant.datasetSlug}`);
  if (wanted.paths === null) progress.expect(goods.sizeBytes);
  let receivedBytes = 0;
  let presentBytes = 0;
  const desk: Desk = {
    root,
    parts: await realpath(parts),
    lanes: new Lanes(LANES),
    onReceived: (bytes) => (receivedBytes += bytes),
    onProgress: (bytes, moved) => {
      presentBytes += bytes;
      progress.advance(bytes, moved);
    },
  };
  const files: HashedFile[] = [];
  const seen = new Set<string>();
  try {
    await forEachInLanes(
      leasedFiles(
        client,
        { grantId: grant.id, ...(goods.target && { rendition: goods.target }) },
        wanted.paths,
        signal,
      ),
      LANES,
      signal,
      async ({ file, link, finished }, stop) => {
        if (seen.has(file.path)) throw CliErrors.INCOMPLETE({ reason: `the market listed ${file.path} twice` });
        seen.add(file.path);
        if (wanted.paths !== null) progress.expect(file.sizeBytes);
        await downloadFile(file, link, desk, stop);
        finished();
        files.push(file);
      },
    );
  } catch (error) {
    throw await explainFullDisk(error, root, goods.sizeBytes - presentBytes);
  } finally {
    progress.close();
  }
  files.sort(compareByPath);
  return {
    files,
    tree: prove(goods, wanted, files),
    bytes: files.reduce((sum, file) => sum + file.sizeBytes, 0),
    receivedBytes,
  };
}

/**
 * The files are each right; now they must be the version that was licensed, all of it or a part.
 * @returns what the manifest needs beside the files to prove a part; null for a whole
 * @throws CLI_INCOMPLETE
 */
function prove(goods: Goods, wanted: Wanted, files: readonly HashedFile[]): Manifest['tree'] {
  const have = new Set(files.map((file) => file.path));
  const missing = wanted.paths?.find((path) => !have.has(path));
  if (missing !== undefined) throw CliErrors.INCOMPLETE({ reason: `the market gave no way to ${missing}` });
  if (wanted.paths === null && files.length !== goods.filesCount) {
    throw CliErrors.INCOMPLETE({ reason: `the market listed ${files.length} of ${goods.filesCount} files` });
  }
  const tree = wanted.all
    ? [...wanted.all].sort(compareByPath).map((file) => (have.has(file.path) ? null : fileLeaf(file).toString('hex')))
    : null;
  const root = rootOf({ files: [...files], tree });
  const commit = root === null ? null : commitIdOf(root);
  if (root !== goods.merkleRoot || commit !== goods.commitId) {
    throw CliErrors.INCOMPLETE({
      reason: `the files add up to ${commit ?? 'no version'} and not to the announced commit ${goods.commitId ?? '–'}`,
    });
  }
  return tree;
}

async function explainFullDisk(error: unknown, folder: string, neededBytes: number): Promise<unknown> {
  const isFull = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  if (!isFull) return error;
  const free = await statfs(folder).then(
    (fs) => fs.bavail * fs.bsize,
    () => null,
  );
  return CliErrors.DISK_FULL(
    { path: folder, neededBytes: free === null ? null : Math.max(0, neededBytes), freeBytes: free },
    error,
  );
}

/** What an earlier pull of another version brought and this one does not have stays, but is named. */
async function noteLeftOvers(invocation: Invocation, folder: string, files: readonly HashedFile[]): Promise<void> {
  const earlier = await readManifest(folder).catch(() => null);
  if (!earlier) return;
  const now = new Set(files.map((file) => file.path));
  const left = earlier.files.filter((file) => !now.has(file.path));
  if (left.length > 0) {
    invocation.note(
      `${counted(left.length, 'file')} of ${earlier.version} that ${left.length === 1 ? 'is' : 'are'} not in this version ${left.length === 1 ? 'was' : 'were'} left in place, the first ${left[0]?.path ?? ''}.`,
    );
  }
}
