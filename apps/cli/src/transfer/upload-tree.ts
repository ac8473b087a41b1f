import { stat } from 'node:fs/promises';
import { BeginUpload, CompleteUpload, RemoveFiles, VersionFiles } from '@app/client';
import type { BodegaClient, CompletedFile, UploadFile, UploadVersion } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import type { TreeFile } from '../local/tree-walk.js';
import { hashFile } from './hash-file.js';
import { Lanes } from './lanes.js';
import { uploadFile } from './upload-file.js';
import type { HashedTreeFile, UploadDesk } from './upload-file.js';

/** Parts on their way at once. */
const PARTS_AT_ONCE = 4;
/** One page of files is hashed while the one before it is uploaded; small enough to be read from the page cache again. */
const FILES_PER_PAGE = 200;
const BYTES_PER_PAGE = 1 << 30;

export interface UploadedTree {
  readonly version: UploadVersion;
  readonly files: readonly HashedTreeFile[];
}

/** Uploads a folder's files straight to the store. What is there already, with the same hash, is not sent again. */
export async function uploadTree(
  client: BodegaClient,
  slug: string,
  files: readonly TreeFile[],
  onProgress: (bytes: number, moved: boolean) => void,
  signal: AbortSignal,
): Promise<UploadedTree> {
  const lanes = new Lanes(PARTS_AT_ONCE);
  const pages = inPages(files);
  const uploaded: HashedTreeFile[] = [];
  let version: UploadVersion | null = null;
  let hashing = hashPage(pages[0] ?? [], signal);
  for (let i = 0; i < pages.length; i++) {
    const page = await hashing;
    hashing = hashPage(pages[i + 1] ?? [], signal);
    // Awaited after this page's upload; a file that cannot be read must not count as unheard until then.
    hashing.catch(() => undefined);
    version = await uploadPage(client, slug, page, { lanes, onProgress }, signal);
    uploaded.push(...page);
  }
  if (!version) throw CliErrors.EMPTY_TREE({ path: slug });
  await removeOthers(client, version.id, new Set(uploaded.map((file) => file.path)), signal);
  return { version, files: uploaded };
}

const LISTED_PER_PAGE = 100;

/** An upload begun earlier may have left files that are no longer in the folder: the version is to hold the folder, no more. */
async function removeOthers(
  client: BodegaClient,
  id: string,
  wanted: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<void> {
  const others: string[] = [];
  for (let after: string | undefined; ;) {
    const { node } = await client.run(VersionFiles, { id, first: LISTED_PER_PAGE, ...(after && { after }) }, signal);
    if (!node) return;
    others.push(...node.files.nodes.map((file) => file.path).filter((path) => !wanted.has(path)));
    if (!node.files.pageInfo.hasNextPage || node.files.pageInfo.endCursor === null) break;
    after = node.files.pageInfo.endCursor;
  }
  for (let from = 0; from < others.length; from += FILES_PER_PAGE) {
    await client.run(
      RemoveFiles,
      { input: { versionId: id, paths: others.slice(from, from + FILES_PER_PAGE) } },
      signal,
    );
  }
}

export function inPages(files: readonly TreeFile[]): TreeFile[][] {
  const pages: TreeFile[][] = [];
  let page: TreeFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (page.length > 0 && (page.length === FILES_PER_PAGE || bytes + file.sizeBytes > BYTES_PER_PAGE)) {
      pages.push(page);
      page = [];
      bytes = 0;
    }
    page.push(file);
    bytes += file.sizeBytes;
  }
  if (page.length > 0) pages.push(page);
  return pages;
}

async function hashPage(files: readonly TreeFile[], signal: AbortSignal): Promise<HashedTreeFile[]> {
  const hashed: HashedTreeFile[] = [];
  for (const file of files) {
    const { mtimeMs } = await stat(file.localPath);
    const { sha256, sizeBytes } = await hashFile(file.localPath, signal);
    if (sizeBytes !== file.sizeBytes) throw CliErrors.FILE_CHANGED({ path: file.path });
    hashed.push({ ...file, sha256, modifiedMs: mtimeMs });
  }
  return hashed;
}

async function uploadPage(
  client: BodegaClient,
  slug: string,
  files: readonly HashedTreeFile[],
  { lanes, onProgress }: Pick<UploadDesk, 'lanes' | 'onProgress'>,
  signal: AbortSignal,
): Promise<UploadVersion> {
  const announce = ({
    path,
    sizeBytes,
    sha256,
  }: HashedTreeFile): { path: string; sizeBytes: number; sha256: string } => ({
    path,
    sizeBytes,
    sha256,
  });
  const begun = (await client.run(BeginUpload, { input: { slug, files: files.map(announce) } }, signal)).beginUpload;
  const uploads = new Map(begun.files.map((upload) => [upload.path, upload]));
  const desk: UploadDesk = {
    lanes,
    onProgress,
    askAgain: async (file, partsFrom = 1) => {
      const input = { slug, versionId: begun.version.id, partsFrom, files: [announce(file)] };
      return uploadOf(
        file,
        new Map((await client.run(BeginUpload, { input }, signal)).beginUpload.files.map((f) => [f.path, f])),
      );
    },
  };
  const stop = new AbortController();
  const joint = AbortSignal.any([signal, stop.signal]);
  const completed: CompletedFile[] = [];
  const work = files.map(async (file) => {
    const upload = uploadOf(file, uploads);
    if (upload.isComplete) onProgress(file.sizeBytes, false);
    else completed.push(await uploadFile(file, upload, desk, joint));
  });
  const settled = Promise.allSettled(work);
  try {
    await Promise.all(work);
  } catch (error) {
    stop.abort(error);
    throw error;
  } finally {
    await settled;
    // Even when one file failed or we were stopped, what did arrive is joined, so that it need not be sent again.
    if (completed.length > 0 && !signal.aborted) await complete(client, begun.version.id, completed, signal);
  }
  return begun.version;
}

function uploadOf(file: TreeFile, uploads: ReadonlyMap<string, UploadFile>): UploadFile {
  const upload = uploads.get(file.path);
  if (!upload) throw CliErrors.TRANSFER({ path: file.path, reason: 'the market did not say where its bytes go' });
  return upload;
}

/** A file of 5 TB has 10,000 parts: few such fit into one request. */
const PARTS_PER_CALL = 2_000;

async function complete(
  client: BodegaClient,
  versionId: string,
  files: readonly CompletedFile[],
  signal: AbortSignal,
): Promise<void> {
  let batch: CompletedFile[] = [];
  let parts = 0;
  const send = async (): Promise<void> => {
    if (batch.length > 0) await client.run(CompleteUpload, { input: { versionId, files: batch } }, signal);
    batch = [];
    parts = 0;
  };
  for (const file of files) {
    if (parts + file.parts.length > PARTS_PER_CALL) await send();
    batch.push(file);
    parts += file.parts.length;
  }
  await send();
}
