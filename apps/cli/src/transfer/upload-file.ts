import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { CompletedFile, UploadFile, UploadPart } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import type { TreeFile } from '../local/tree-walk.js';
import type { Lanes } from './lanes.js';
import { Patience, StoreFault, readStoreFault, sendToStore } from './object-request.js';

export interface HashedTreeFile extends TreeFile {
  readonly sha256: string;
  /** When the bytes were hashed; a later change makes the hash a lie. */
  readonly modifiedMs: number;
}

export interface UploadDesk {
  /** Part uploads at once, over all files. */
  readonly lanes: Lanes;
  /** Asks the market again where the missing parts of a file go: after the URLs expired, or for its next page of parts. */
  askAgain(file: HashedTreeFile, partsFrom?: number): Promise<UploadFile>;
  onProgress(bytes: number, moved: boolean): void;
}

/** Puts a file's missing parts where the market says, and returns what joins them. @throws CLI_TRANSFER, CLI_FILE_CHANGED */
export async function uploadFile(
  file: HashedTreeFile,
  first: UploadFile,
  desk: UploadDesk,
  signal: AbortSignal,
): Promise<CompletedFile> {
  const etags = new Map(first.uploadedParts.map((part) => [part.number, part.etag]));
  desk.onProgress(
    first.uploadedParts.reduce((sum, part) => sum + part.sizeBytes, 0),
    false,
  );
  const book = new PartUrls(file, desk, first.parts);
  for (let page: UploadFile = first; ; page = await desk.askAgain(file, page.nextPart ?? 1)) {
    if (page !== first) book.add(page.parts);
    await putParts(file, page, book, etags, desk, signal);
    if (page.nextPart === null) break;
  }
  await refuseChanged(file);
  const parts = [...etags].map(([number, etag]) => ({ number, etag })).sort((a, b) => a.number - b.number);
  return { path: file.path, sha256: file.sha256, parts };
}

/** Where each part goes; when one URL has expired, all are asked for anew, once for everybody. */
class PartUrls {
  private readonly urls = new Map<number, string>();
  private renewal: Promise<void> | null = null;

  constructor(
    private readonly file: HashedTreeFile,
    private readonly desk: UploadDesk,
    parts: readonly UploadPart[],
  ) {
    this.add(parts);
  }

  add(parts: readonly UploadPart[]): void {
    for (const { number, url } of parts) this.urls.set(number, url);
  }

  urlOf(number: number): string {
    const url = this.urls.get(number);
    if (url === undefined) throw new StoreFault(`the market names no place for part ${number}`, 400, null);
    return url;
  }

  async renew(number: number, failed: string): Promise<void> {
    if (this.urlOf(number) !== failed) return;
    this.renewal ??= this.desk
      .askAgain(this.file, number)
      .then((page) => this.add(page.parts))
      .finally(() => (this.renewal = null));
    await this.renewal;
  }
}

async function putParts(
  file: HashedTreeFile,
  page: UploadFile,
  book: PartUrls,
  etags: Map<number, string>,
  desk: UploadDesk,
  signal: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const joint = AbortSignal.any([signal, stop.signal]);
  const work = page.parts
    .filter((part) => !etags.has(part.number))
    .map((part) =>
      desk.lanes.run(async () => {
        joint.throwIfAborted();
        etags.set(part.number, await putPart(file, part.number, page.partSizeBytes, book, desk, joint));
      }),
    );
  const settled = Promise.allSettled(work);
  try {
    await Promise.all(work);
  } catch (error) {
    stop.abort(error);
    await settled;
    signal.throwIfAborted();
    if (error instanceof StoreFault) {
      await refuseChanged(file);
      throw CliErrors.TRANSFER({ path: file.path, reason: error.message }, error);
    }
    throw error;
  }
}

/** Two refusals in a row are not the URL's age. */
const RENEWALS_IN_A_ROW = 2;

async function putPart(
  file: HashedTreeFile,
  number: number,
  partSizeBytes: number,
  book: PartUrls,
  desk: UploadDesk,
  signal: AbortSignal,
): Promise<string> {
  const from = (number - 1) * partSizeBytes;
  const to = Math.min(file.sizeBytes, from + partSizeBytes);
  const patience = new Patience();
  for (let renewals = 0; ;) {
    const url = book.urlOf(number);
    try {
      const etag = await putOnce(file.localPath, from, to, url, signal);
      desk.onProgress(to - from, true);
      return etag;
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StoreFault)) throw error;
      if (error.isExpiredUrl && renewals < RENEWALS_IN_A_ROW) {
        renewals++;
        await book.renew(number, url);
      } else await patience.after(error, signal);
    }
  }
}

async function putOnce(path: string, from: number, to: number, url: string, signal: AbortSignal): Promise<string> {
  const headers = { 'content-length': to - from };
  // `end` is inclusive, so an empty part has no range to read: it goes without a body.
  const body = to > from ? createReadStream(path, { start: from, end: to - 1, highWaterMark: 1 << 20 }) : undefined;
  try {
    const response = await sendToStore(url, { method: 'PUT', headers, ...(body && { body }) }, signal);
    if (response.statusCode !== 200) throw await readStoreFault(response);
    response.resume();
    const etag = response.headers.etag;
    if (etag === undefined) throw new StoreFault('the store acknowledged a part without its tag', 400, null);
    return etag;
  } finally {
    body?.destroy();
  }
}

async function refuseChanged(file: HashedTreeFile): Promise<void> {
  const now = await stat(file.localPath).catch(() => null);
  if (now?.size !== file.sizeBytes || now.mtimeMs !== file.modifiedMs)
    throw CliErrors.FILE_CHANGED({ path: file.path });
}
