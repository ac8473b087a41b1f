import { ZipArchive, isZip } from '../archive/zip.js';
import type { FileTree } from '../byte-source.js';
import type { DatasetSource, FormatReader, SourceEpisode, SourceHead } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import { isJunk } from '../tree.js';
import type { BufferArrays } from './buffer-arrays.js';
import { openArrays } from './buffer-arrays.js';
import { BufferEpisodes } from './buffer-episode.js';
import { ChunkCache } from './chunk-cache.js';
import type { ChunkStore } from './chunk-store.js';
import { ArchiveStore, FolderStore } from './chunk-store.js';
import { readEpisodeEnds } from './episode-ends.js';

const MAX_DEPTH = 3;
const MAX_ARCHIVES_PROBED = 16;
const ENDS = /^(.*\/)?meta\/episode_ends\/[^/]+$/;
const STORE = /^(.*\/)?(?:\.zgroup|\.zmetadata|zarr\.json)$/;
const ARCHIVE = /\.(?:zip|zarr)$/i;
const LONE_ARCHIVE = /^[^/]+\.(?:zip|zarr)$/i;
const ZARR_ARCHIVE = /\.zarr(?:\.zip)?$/i;

/**
 * Replay buffers of diffusion policy and UMI: a Zarr v2 store, as a folder or as one archive, with all episodes end to end.
 * @see https://github.com/real-stanford/diffusion_policy (common/replay_buffer.py)
 */
export const replayBufferReader: FormatReader = {
  title: 'UMI / diffusion policy (Zarr)',
  find: async (tree) => {
    const buffers = rootsOf(tree, ENDS);
    if (buffers.length > 0) return buffers;
    const archives = await archiveRoots(tree);
    return archives.length > 0 ? archives : outermost(rootsOf(tree, STORE));
  },
  open: async (files, log) => {
    try {
      return await openBuffer(await openStore(files), log);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      const [archive] = files.list(LONE_ARCHIVE);
      log.add(error.code, error.message, { path: files.full(archive ?? 'meta/episode_ends'), ...error.detail });
      return null;
    }
  },
};

function rootsOf(tree: FileTree, marker: RegExp): string[] {
  const roots = new Set<string>();
  for (const { path } of tree.files) {
    const match = marker.exec(path);
    const root = match?.[1] ?? '';
    if (match && !isJunk(path) && root.split('/').length - 1 <= MAX_DEPTH) roots.add(root);
  }
  return [...roots].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}

function outermost(roots: readonly string[]): string[] {
  return roots.filter((root) => !roots.some((other) => other !== root && root.startsWith(other)));
}

/** Folders with an archive that holds a replay buffer, or that says by its name that it is a Zarr store. */
async function archiveRoots(tree: FileTree): Promise<string[]> {
  const roots = new Set<string>();
  const named = tree.files.filter(({ path }) => ARCHIVE.test(path) && !isJunk(path));
  for (const { path, sizeBytes } of named.slice(0, MAX_ARCHIVES_PROBED)) {
    const root = path.slice(0, path.lastIndexOf('/') + 1);
    if (sizeBytes < 4 || root.split('/').length - 1 > MAX_DEPTH) continue;
    const source = await tree.open(path);
    if (!isZip(await source.read(0, 4))) continue;
    if (ZARR_ARCHIVE.test(path) || (await holdsBuffer(() => ZipArchive.open(source)))) roots.add(root);
  }
  return [...roots].sort();
}

async function holdsBuffer(open: () => Promise<ZipArchive>): Promise<boolean> {
  try {
    return prefixesIn(await open()).length > 0;
  } catch (error) {
    if (error instanceof Defect) return false;
    throw error;
  }
}

function prefixesIn(archive: ZipArchive): string[] {
  const prefixes = new Set<string>();
  for (const path of archive.paths()) {
    const match = ENDS.exec(path);
    if (match) prefixes.add(match[1] ?? '');
  }
  return [...prefixes];
}

async function openStore(files: DatasetFiles): Promise<ChunkStore> {
  if (files.list(/^meta\/episode_ends\/[^/]+$/).length > 0) return new FolderStore(files);
  const archives: { path: string; archive: ZipArchive }[] = [];
  for (const path of files.list(LONE_ARCHIVE)) {
    const source = await files.open(path);
    if (source.sizeBytes < 4 || !isZip(await source.read(0, 4))) continue;
    archives.push({ path, archive: await ZipArchive.open(source) });
  }
  const stores = archives.flatMap(({ path, archive }) =>
    prefixesIn(archive).map((prefix) => ({ path, archive, prefix })),
  );
  const [store] = stores;
  if (stores.length > 1)
    throw new Defect('MULTIPLE_DATASETS', 'the upload holds several replay buffers: publish each on its own', {
      actual: stores
        .slice(0, 5)
        .map(({ path, prefix }) => `${path}/${prefix}`)
        .join(', '),
    });
  if (store) return new ArchiveStore(store.archive, files.full(store.path), store.prefix);
  throw new Defect(
    'UNSUPPORTED_FORMAT',
    'this is a Zarr store without meta/episode_ends: only replay buffers (UMI, diffusion policy) are read',
  );
}

async function openBuffer(store: ChunkStore, log: FindingLog): Promise<DatasetSource> {
  if (store.has('zarr.json') || store.has('meta/episode_ends/zarr.json'))
    throw new Defect('UNSUPPORTED_FORMAT', 'the store is Zarr version 3: save it with zarr_format=2');
  const ends = await readEpisodeEnds(store);
  const arrays = await openArrays(store, ends.at(-1) ?? 0, log);
  if (arrays.signals.length + arrays.cameras.length === 0)
    throw new Defect('MISSING_DATA_FILE', 'data/ holds no array that can be read: upload the whole store');
  for (const path of store.paths()) {
    const match = /^(meta\/.+)\/\.zarray$/.exec(path);
    if (match && match[1] !== 'meta/episode_ends')
      log.add('CHANNEL_SKIPPED', `${match[1] ?? ''} is not read: only meta/episode_ends is`, {
        path: store.place(path),
      });
  }
  return new ReplayBuffer(headOf(arrays, ends.length), ends, store, arrays, log);
}

function headOf({ isUmi, signals, cameras }: BufferArrays, episodes: number): SourceHead {
  const unknown = (what: string) => ({ value: null, reason: `a replay buffer does not state ${what}` }) as const;
  return {
    format: 'zarr',
    formatVersion: isUmi ? 'umi' : 'diffusion-policy',
    fps: unknown('its rate'),
    robotType: unknown('the robot'),
    collectionMethod: isUmi ? { value: 'umi_handheld' } : unknown('how it was collected'),
    reality: unknown('whether it is real or simulated'),
    signals: signals.map(({ spec }) => spec),
    cameras: cameras.map(({ spec }) => spec),
    tasks: [],
    referenceKey: null,
    announcedEpisodes: episodes,
  };
}

class ReplayBuffer implements DatasetSource {
  private readonly cache = new ChunkCache();
  private readonly reader: BufferEpisodes;

  constructor(
    readonly head: SourceHead,
    private readonly ends: Float64Array,
    store: ChunkStore,
    arrays: BufferArrays,
    log: FindingLog,
  ) {
    this.reader = new BufferEpisodes(store, this.cache, arrays, log);
  }

  async *episodes(only?: ReadonlySet<number>): AsyncGenerator<SourceEpisode> {
    for (const [index, end] of this.ends.entries())
      if (only === undefined || only.has(index)) yield this.reader.episode(index, this.ends[index - 1] ?? 0, end);
  }

  close(): Promise<void> {
    this.cache.clear();
    return Promise.resolve();
  }
}
