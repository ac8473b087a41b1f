import type { INestApplicationContext } from '@nestjs/common';
import { FileQueries } from '@app/catalog';
import type { LookOrder } from '@app/catalog';
import { Database } from '@app/database';
import type { DatasetMeasure } from '@app/formats';
import { systemContext } from '@app/kernel';

/** What the catalogue asked for when it checked the version. */
export async function lookOrderOf(app: INestApplicationContext, versionId: string): Promise<LookOrder> {
  const ctx = systemContext('test');
  const files = await app.get(FileQueries, { strict: false }).page(ctx, versionId, { limit: 5_000 });
  const [row] = await app
    .get(Database)
    .query<{ measured: DatasetMeasure }>(
      ctx,
      `select facts -> 'measured' as measured from dataset_versions where id = $1`,
      [versionId],
    );
  if (!row) throw new Error(`There is no version ${versionId}.`);
  return { versionId, files, measure: { ...row.measured, findings: [] }, signal: new AbortController().signal };
}
