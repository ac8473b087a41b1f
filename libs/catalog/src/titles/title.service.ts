import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database, isDuplicate } from '@app/database';
import { Clock, KernelErrors, newId, requireAdmin, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogErrors } from '../catalog.errors.js';
import { CatalogRevision } from '../catalog-revision.js';
import { refusedBecause, titleRecordSchema } from './title.rules.js';
import type { NewTitleRecord, TitleEvent } from './title.rules.js';

/** Writes down what a registry says: the operator records, nobody changes. */
@Injectable()
export class TitleService {
  constructor(
    private readonly database: Database,
    private readonly revision: CatalogRevision,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * Adds an event to a registration of the dataset.
   * @throws REQUEST_INVALID, REQUEST_NOT_FOUND, CATALOG_TITLE_STEP_REFUSED
   */
  async recordTitle(ctx: RequestContext, input: NewTitleRecord): Promise<{ datasetId: string }> {
    const user = requireAdmin(ctx);
    const { slug, event, number, issuer, ...more } = validate(titleRecordSchema, input);
    return this.database.transaction(ctx, async (ctx) => {
      // The row is locked, so that two events of one registration come one after the other.
      const [dataset] = await this.database.query<{ id: string; organizationId: string }>(
        ctx,
        'select id, organization_id as "organizationId" from datasets where lower(slug) = lower($1) for update',
        [slug],
      );
      if (!dataset) throw KernelErrors.NOT_FOUND({ what: 'dataset', id: slug });
      const earlier = await this.database.query<{ event: TitleEvent }>(
        ctx,
        'select event from title_records where dataset_id = $1 and issuer = $2 and number = $3 order by id',
        [dataset.id, issuer, number],
      );
      const refused = refusedBecause(event, earlier);
      if (refused !== null) throw CatalogErrors.TITLE_STEP_REFUSED({ number, event, reason: refused });
      const now = this.clock.now();
      const id = newId('TitleRecord', now.getTime());
      try {
        await this.database.execute(
          ctx,
          `insert into title_records (id, dataset_id, event, number, issuer, title_right, issued_on, expires_on, file_sha256, note,
             recorded_by, recorded_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
          [
            id,
            dataset.id,
            event,
            number,
            issuer,
            more.titleRight,
            more.issuedOn,
            more.expiresOn ?? null,
            more.fileSha256 ?? null,
            more.note ?? null,
            user.userId,
            now,
          ],
        );
      } catch (error) {
        if (!isDuplicate(error)) throw error;
        throw CatalogErrors.TITLE_STEP_REFUSED(
          { number, event, reason: 'it is registered for another dataset' },
          error,
        );
      }
      await this.revision.touch(ctx, dataset.id);
      const { note, ...facts } = more;
      await this.audit.record(ctx, {
        action: 'title.recorded',
        subject: { kind: 'title', id },
        about: { datasetId: dataset.id, organizationIds: [dataset.organizationId] },
        facts: { slug, event, number, issuer, ...facts },
        ...(note && { private: { note } }),
      });
      return { datasetId: dataset.id };
    });
  }
}
