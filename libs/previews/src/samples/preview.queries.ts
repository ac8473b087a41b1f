import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { Charts } from '../charts/charts.js';
import type { Series } from '../charts/sample-signals.js';
import type { PictureRow } from './preview.types.js';

/** A sample episode without its signals, which are many numbers. */
export interface SampleRow {
  readonly versionId: string;
  readonly episode: number;
  readonly sourceKey: string;
  readonly frames: number;
  readonly durationS: number;
  readonly pictures: PictureRow[];
}

/** Reads previews. Callers have asked the gate: this answers for the versions that it is told. */
@Injectable()
export class PreviewQueries {
  constructor(private readonly database: Database) {}

  /** Sample episodes of each version, in order, with pictures and clips in order of cameras. */
  async samplesOf(ctx: RequestContext, versionIds: readonly string[]): Promise<Map<string, SampleRow[]>> {
    const rows = await this.database.prepared<SampleRow>(
      ctx,
      'preview_samples',
      `select s.version_id as "versionId", s.episode, s.source_key as "sourceKey", s.frames, s.duration_s as "durationS",
              coalesce(json_agg(json_build_object('kind', p.kind, 'episode', p.episode, 'camera', p.camera,
                'objectKey', p.object_key, 'mediaType', p.media_type, 'sizeBytes', p.size_bytes, 'width', p.width,
                'height', p.height, 'fps', p.fps, 'frames', p.frames, 'durationS', p.duration_s) order by p.camera, p.kind)
                filter (where p.kind is not null), '[]') as pictures
         from previews s left join previews p on p.version_id = s.version_id and p.episode = s.episode and p.camera is not null
        where s.version_id = any($1::text[]) and s.kind = 'series'
        group by s.version_id, s.episode, s.source_key, s.frames, s.duration_s
        order by s.version_id, s.episode`,
      [versionIds],
    );
    const samples = new Map<string, SampleRow[]>();
    for (const row of rows) samples.set(row.versionId, [...(samples.get(row.versionId) ?? []), row]);
    return samples;
  }

  /** Signals of sample episodes: by version and episode, in the order asked for; null where there are none. */
  async seriesOf(
    ctx: RequestContext,
    wanted: readonly { readonly versionId: string; readonly episode: number }[],
  ): Promise<(Series | null)[]> {
    const rows = await this.database.prepared<{ versionId: string; episode: number; data: Series }>(
      ctx,
      'preview_series',
      `select p.version_id as "versionId", p.episode, p.data
         from previews p join unnest($1::text[], $2::int[]) as w (version_id, episode)
           on p.version_id = w.version_id and p.episode = w.episode
        where p.kind = 'series'`,
      [wanted.map(({ versionId }) => versionId), wanted.map(({ episode }) => episode)],
    );
    const nameOf = (one: { versionId: string; episode: number }): string => `${one.versionId} ${one.episode}`;
    const found = new Map(rows.map((row) => [nameOf(row), row.data]));
    return wanted.map((one) => found.get(nameOf(one)) ?? null);
  }

  /** Charts of each version that has them. */
  async chartsOf(ctx: RequestContext, versionIds: readonly string[]): Promise<Map<string, Charts>> {
    const rows = await this.database.prepared<{ versionId: string; data: Charts }>(
      ctx,
      'preview_charts',
      `select version_id as "versionId", data from previews where version_id = any($1::text[]) and kind = 'charts'`,
      [versionIds],
    );
    return new Map(rows.map(({ versionId, data }) => [versionId, data]));
  }
}
