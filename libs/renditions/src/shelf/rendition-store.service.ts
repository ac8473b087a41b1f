import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { refusalOfPath } from '@app/formats';
import type { RequestContext } from '@app/kernel';
import { ObjectStore } from '@app/storage';
import type { RenditionTarget } from '../rendition-target.js';
import type { RenditionFileRow } from './rendition.queries.js';
import { mediaTypeOf, renditionFolder } from './rendition.rules.js';
import type { RenditionOwner } from './rendition.rules.js';

/** A small part costs a round trip, a large one memory and a long retry. */
const PART_BYTES = 16 * 2 ** 20;

/** Brings the files of renditions into the store. */
@Injectable()
export class RenditionStore {
  constructor(
    private readonly store: ObjectStore,
    private readonly database: Database,
  ) {}

  /**
   * Stores one finished file of the caged writer. Its bytes are hashed here: the writer has read untrusted data, and is not
   * believed; nor does a name from it lead anywhere but into its own folder.
   */
  async keep(
    version: RenditionOwner,
    target: RenditionTarget,
    folder: string,
    path: string,
  ): Promise<RenditionFileRow> {
    const home = await realpath(folder);
    const localPath = await realpath(join(home, path));
    if (refusalOfPath(path) !== null || localPath !== join(home, path) || !localPath.startsWith(home + sep))
      throw new Error('The writer named a file that it may not.');
    const objectKey = `${renditionFolder(version, target)}${path}`;
    const mediaType = mediaTypeOf(path);
    const handle = await open(localPath, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const { size: sizeBytes } = await handle.stat();
      const sha256 = await this.send(handle, sizeBytes, objectKey, mediaType);
      return { path, sizeBytes, sha256, mediaType, objectKey };
    } finally {
      await handle.close();
    }
  }

  /** Removes the objects of runs that were cut short: all that no file of a ready rendition names. */
  async sweep(ctx: RequestContext, version: RenditionOwner, target: RenditionTarget): Promise<void> {
    const named = await this.database.query<{ key: string }>(
      ctx,
      'select object_key as key from rendition_files where version_id = $1 and target = $2',
      [version.id, target],
    );
    const keys = new Set(named.map(({ key }) => key));
    for await (const { key } of this.store.list(renditionFolder(version, target))) {
      if (!keys.has(key)) await this.store.delete(key);
    }
  }

  /** @returns SHA-256 of what was sent, hex */
  private async send(handle: FileHandle, sizeBytes: number, key: string, contentType: string): Promise<string> {
    const hash = createHash('sha256');
    const piece = async (at: number): Promise<Uint8Array> => {
      const bytes = await readPiece(handle, at, Math.min(PART_BYTES, sizeBytes - at));
      hash.update(bytes);
      return bytes;
    };
    if (sizeBytes <= PART_BYTES) {
      await this.store.put(key, await piece(0), { contentType });
      return hash.digest('hex');
    }
    const uploadId = await this.store.createMultipart(key, { contentType });
    try {
      const parts: { partNumber: number; etag: string }[] = [];
      for (let at = 0; at < sizeBytes; at += PART_BYTES) {
        const partNumber = parts.length + 1;
        const { etag } = await this.store.uploadPart(key, uploadId, partNumber, await piece(at));
        parts.push({ partNumber, etag });
      }
      await this.store.completeMultipart(key, uploadId, parts);
    } catch (error) {
      await this.store.abortMultipart(key, uploadId).catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
    return hash.digest('hex');
  }
}

async function readPiece(handle: FileHandle, at: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafe(length);
  for (let done = 0; done < length;) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done);
    if (bytesRead === 0) throw new Error('A finished file became shorter.');
    done += bytesRead;
  }
  return bytes;
}
