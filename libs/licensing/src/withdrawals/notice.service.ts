import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { Clock, KernelErrors, newId, requireScope, requireUser, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { acknowledgeSchema, dueAt } from './notice.rules.js';

/** Notices of one transaction: each is a row and a leaf. */
const BATCH = 500;

interface ToldGrant {
  readonly id: string;
  readonly grantId: string;
  readonly datasetId: string;
  readonly organizationId: string;
  readonly providerOrganizationId: string;
}

interface StoredNotice {
  readonly id: string;
  readonly withdrawalId: string;
  readonly grantId: string;
  readonly datasetId: string;
  readonly organizationId: string;
  readonly providerOrganizationId: string;
  readonly acknowledgedAt: Date | null;
  readonly deletedAt: Date | null;
  readonly note: string | null;
}

/** Telling those who hold what was withdrawn, and writing down what they answer. */
@Injectable()
export class NoticeService {
  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a notice for every right that ever started on a version which the withdrawal reached, once each however often it
   * runs: whoever could take bytes must delete them, also when the right is over.
   * @returns how many were told now
   */
  async tellHolders(ctx: RequestContext, withdrawalId: string): Promise<number> {
    let told = 0;
    for (;;) {
      const batch = await this.database.transaction(ctx, (ctx) => this.tellSome(ctx, withdrawalId));
      told += batch;
      if (batch < BATCH) return told;
    }
  }

  /** The first look of a holder at his notices is written down; looks of others are not. */
  async markSeen(ctx: RequestContext, noticeIds: readonly string[]): Promise<void> {
    if (ctx.actor.kind !== 'user' || noticeIds.length === 0) return;
    await this.database.execute(
      ctx,
      'update withdrawal_notices set seen_at = $3 where id = any($1::text[]) and organization_id = $2 and seen_at is null',
      [noticeIds, ctx.actor.organizationId, this.clock.now()],
    );
  }

  /**
   * A member of the holder confirms the notice; with `deletedAt` he certifies that the episodes are deleted, which may follow
   * later. Each is written once: asking again changes nothing.
   * @throws REQUEST_INVALID, REQUEST_NOT_FOUND for what is not the organization's own
   */
  async acknowledgeWithdrawal(
    ctx: RequestContext,
    input: { noticeId: string; deletedAt?: Date | null; note?: string | null },
  ): Promise<string> {
    const user = requireUser(ctx);
    requireScope(user, 'data:read');
    const { noticeId, deletedAt, note } = validate(acknowledgeSchema, input);
    const now = this.clock.now();
    if (deletedAt && deletedAt > now) {
      const message = 'must not lie in the future: certify what has been done';
      throw KernelErrors.INVALID({ problems: [{ path: 'input.deletedAt', message }] });
    }
    return this.database.transaction(ctx, async (ctx) => {
      const notice = await this.lock(ctx, noticeId, user.organizationId);
      const isNew = {
        receipt: notice.acknowledgedAt === null,
        deletion: notice.deletedAt === null && deletedAt instanceof Date,
        note: notice.note === null && typeof note === 'string',
      };
      if (!isNew.receipt && !isNew.deletion && !isNew.note) return noticeId;
      await this.database.execute(
        ctx,
        `update withdrawal_notices set seen_at = coalesce(seen_at, $2), acknowledged_at = coalesce(acknowledged_at, $2),
                acknowledged_by = coalesce(acknowledged_by, $3), deleted_at = coalesce(deleted_at, $4), note = coalesce(note, $5)
          where id = $1`,
        [noticeId, now, user.userId, deletedAt ?? null, note ?? null],
      );
      if (isNew.receipt || isNew.deletion) {
        await this.audit.record(ctx, {
          action: isNew.deletion ? 'notice.deletion_certified' : 'notice.acknowledged',
          subject: { kind: 'notice', id: noticeId },
          about: {
            datasetId: notice.datasetId,
            organizationIds: [notice.organizationId, notice.providerOrganizationId],
            grantId: notice.grantId,
          },
          facts: {
            withdrawalId: notice.withdrawalId,
            deletedAt: (notice.deletedAt ?? deletedAt)?.toISOString() ?? null,
          },
          ...(isNew.note && { private: { note } }),
        });
      }
      return noticeId;
    });
  }

  private async tellSome(ctx: RequestContext, withdrawalId: string): Promise<number> {
    const now = this.clock.now();
    // Ids are made here, as everywhere, one for each row that may come.
    const ids = Array.from({ length: BATCH }, () => newId('Notice', now.getTime())).sort();
    const told = await this.database.query<{ [K in keyof ToldGrant]: ToldGrant[K] }>(
      ctx,
      `with due as (
         select g.id, g.organization_id, row_number() over (order by g.id) as place
           from version_withdrawals v join standing_withdrawals w on w.id = v.withdrawal_id
           join grants g on g.version_id = v.version_id
          where v.withdrawal_id = $1 and g.starts_at is not null
            and not exists (select 1 from withdrawal_notices n where n.withdrawal_id = $1 and n.grant_id = g.id)
          order by g.id limit ${BATCH}
       ), told as (
         insert into withdrawal_notices (id, withdrawal_id, grant_id, organization_id, channel, told_at, due_at)
         select ($2::text[])[place::int], $1, id, organization_id, 'market', $3, $4 from due
         on conflict (withdrawal_id, grant_id) do nothing returning id, grant_id
       )
       select t.id, g.id as "grantId", g.dataset_id as "datasetId", g.organization_id as "organizationId",
              g.provider_organization_id as "providerOrganizationId"
         from told t join grants g on g.id = t.grant_id order by t.id`,
      [withdrawalId, ids, now, dueAt(now)],
    );
    for (const { id, grantId, datasetId, organizationId, providerOrganizationId } of told) {
      await this.audit.record(ctx, {
        action: 'notice.sent',
        subject: { kind: 'notice', id },
        about: { datasetId, organizationIds: [organizationId, providerOrganizationId], grantId },
        facts: { withdrawalId, dueAt: dueAt(now).toISOString() },
      });
    }
    return told.length;
  }

  private async lock(ctx: RequestContext, noticeId: string, organizationId: string): Promise<StoredNotice> {
    const [notice] = await this.database.query<{ [K in keyof StoredNotice]: StoredNotice[K] }>(
      ctx,
      `select n.id, n.withdrawal_id as "withdrawalId", n.grant_id as "grantId", g.dataset_id as "datasetId",
              n.organization_id as "organizationId", g.provider_organization_id as "providerOrganizationId",
              n.acknowledged_at as "acknowledgedAt", n.deleted_at as "deletedAt", n.note
         from withdrawal_notices n join grants g on g.id = n.grant_id
        where n.id = $1 and n.organization_id = $2 for update of n`,
      [noticeId, organizationId],
    );
    if (!notice) throw KernelErrors.NOT_FOUND({ what: 'notice', id: noticeId });
    return notice;
  }
}
