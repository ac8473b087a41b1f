import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { titlesOf } from './title.rules.js';
import type { TitleRecordRow, TitleRow } from './title.rules.js';

/** Events of one dataset are few: a registry writes some in a year. */
const MAX_EVENTS = 1_000;

/** What registries say of the title in datasets. For datasets that the asker was shown: it asks nothing about him. */
@Injectable()
export class TitleQueries {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async ofDatasets(ctx: RequestContext, datasetIds: readonly string[]): Promise<Map<string, TitleRow[]>> {
    const rows = await this.database.query<{ [K in keyof TitleRecordRow]: TitleRecordRow[K] }>(
      ctx,
      `select r.* from unnest($1::text[]) wanted (id) cross join lateral (
         select id, dataset_id as "datasetId", event, number, issuer, title_right as "titleRight",
                issued_on::text as "issuedOn", expires_on::text as "expiresOn", file_sha256 as "fileSha256", note,
                recorded_at as "recordedAt"
           from title_records where dataset_id = wanted.id order by id limit ${MAX_EVENTS}) r`,
      [datasetIds],
    );
    const today = this.clock.now().toISOString().slice(0, 10);
    return new Map(
      datasetIds.map((id) => [
        id,
        titlesOf(
          rows.filter((row) => row.datasetId === id),
          today,
        ),
      ]),
    );
  }

  /** Whether this registration is on record for the dataset and stands; null where nobody recorded it. */
  async isConfirmed(ctx: RequestContext, datasetId: string, number: string, issuer: string): Promise<boolean | null> {
    const titles = (await this.ofDatasets(ctx, [datasetId])).get(datasetId) ?? [];
    const title = titles.find((one) => one.number === number && one.issuer === issuer);
    return title ? title.standing === 'valid' : null;
  }
}
