import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import type { UsedVideo } from './look.types.js';
import type { MeasuredEpisode } from './preview-policy.rules.js';

/** What the measured episodes of a version say, while it is under check. */
@Injectable()
export class SampleCandidates {
  constructor(private readonly database: Database) {}

  /** The episode of median length, the first and the last. */
  async of(ctx: RequestContext, versionId: string): Promise<MeasuredEpisode[]> {
    return this.database.query<MeasuredEpisode>(
      ctx,
      `with e as (
         select idx, source_key, frames, duration_s, row_number() over (order by frames, idx) as by_length,
                row_number() over (order by idx) as by_index, count(*) over () as episodes
           from episodes where version_id = $1 and frames > 0
       )
       select idx as index, source_key as "sourceKey", frames, duration_s as "durationS" from e
        where by_length = (episodes + 1) / 2 or by_index = 1 or by_index = episodes
        order by by_length = (episodes + 1) / 2 desc, by_index`,
      [versionId],
    );
  }

  /** Every video file that an episode uses, once. */
  async videosOf(ctx: RequestContext, versionId: string): Promise<UsedVideo[]> {
    return this.database.query<UsedVideo>(
      ctx,
      `select f ->> 'path' as path, coalesce(min(f ->> 'camera'), '') as camera
         from episodes e, jsonb_array_elements(e.files) f
        where e.version_id = $1 and f ->> 'kind' = 'video' group by 1 order by 1`,
      [versionId],
    );
  }
}
