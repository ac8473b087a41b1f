import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { ObjectStore } from '@app/storage';
import type { PreviewRow } from './preview.types.js';

/** Where the objects of a version's previews are. */
export function previewFolder(versionId: string): string {
  return `previews/${versionId}/`;
}

const JSON_TYPE = 'application/json';

/** Writes what previews are. Each run has a folder of its own, so what is shown stays whole until the next is complete. */
@Injectable()
export class PreviewStore {
  constructor(
    private readonly database: Database,
    private readonly store: ObjectStore,
  ) {}

  /** Stores one object of a run. @returns its key */
  async put(versionId: string, runId: string, name: string, bytes: Uint8Array, mediaType: string): Promise<string> {
    const key = `${previewFolder(versionId)}${runId}/${name}`;
    await this.store.put(key, bytes, { contentType: mediaType });
    return key;
  }

  /** Shows the new previews instead of the old in one transaction, then removes every object that no row names. */
  async replace(ctx: RequestContext, versionId: string, rows: readonly PreviewRow[]): Promise<void> {
    await this.database.transaction(ctx, async (tx) => {
      // Two runs of one version would both delete the old rows and both insert theirs.
      await this.database.query(tx, 'select pg_advisory_xact_lock(hashtextextended($1, 0))', [
        previewFolder(versionId),
      ]);
      await this.database.execute(tx, 'delete from previews where version_id = $1', [versionId]);
      await this.database.execute(
        tx,
        `insert into previews (version_id, kind, episode, camera, object_key, data, media_type, size_bytes, width, height, fps,
                frames, duration_s, source_key)
         select $1, r.kind, r.episode, r.camera, r.object_key, r.data, r.media_type, r.size_bytes, r.width, r.height, r.fps,
                r.frames, r.duration_s, r.source_key
           from jsonb_to_recordset($2::jsonb) as r (kind text, episode int, camera text, object_key text, data jsonb,
                media_type text, size_bytes bigint, width int, height int, fps float8, frames int, duration_s float8,
                source_key text)`,
        [versionId, JSON.stringify(rows.map(toColumns))],
      );
    });
    await this.sweep(ctx, versionId);
  }

  /** Removes the objects of runs that were cut short or replaced. */
  private async sweep(ctx: RequestContext, versionId: string): Promise<void> {
    const named = await this.database.query<{ key: string }>(
      ctx,
      'select object_key as key from previews where version_id = $1 and object_key is not null',
      [versionId],
    );
    const keys = new Set(named.map(({ key }) => key));
    for await (const { key } of this.store.list(previewFolder(versionId))) {
      if (!keys.has(key)) await this.store.delete(key);
    }
  }
}

function toColumns(row: PreviewRow): Record<string, unknown> {
  if ('data' in row) {
    const size = Buffer.byteLength(JSON.stringify(row.data));
    const drawing = { kind: row.kind, data: row.data, media_type: JSON_TYPE, size_bytes: size };
    if (row.kind === 'charts') return drawing;
    const { episode, frames, durationS, sourceKey } = row;
    return { ...drawing, episode, frames, duration_s: durationS, source_key: sourceKey };
  }
  const { objectKey, mediaType, sizeBytes, durationS, ...same } = row;
  return { ...same, object_key: objectKey, media_type: mediaType, size_bytes: sizeBytes, duration_s: durationS };
}
