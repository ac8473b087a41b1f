import { Injectable } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Database } from '@app/database';
import { Jobs } from '@app/jobs';
import { Clock, KernelErrors, newId, requireAdmin, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogErrors } from '../catalog.errors.js';
import { CatalogRevision } from '../catalog-revision.js';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import { VersionService } from '../versions/version.service.js';
import { ContributorRegister } from './contributor-register.service.js';
import { isCovered } from './contributor.rules.js';
import type { WithdrawnUses } from './contributor.rules.js';
import { mayActFor } from './withdrawal.queries.js';
import { CANCEL_HOURS, RECALL_REASON, cancelSchema, mayCancel, withdrawSchema } from './withdrawal.rules.js';

/** Queued with every withdrawal, for libraries above whose holders must be told. Payload: `{ withdrawalId }`. */
export const CONSENT_WITHDRAWN_JOB = 'catalog.consent_withdrawn';

/** As callers send it; validated here. */
export interface WithdrawConsent {
  readonly pseudonym: string;
  readonly organizationId?: string | null;
  readonly reason: string;
  readonly effectiveAt?: Date | null;
  /** Uses that are withdrawn; left out, all of them. */
  readonly scope?: readonly string[] | null;
  readonly idempotencyKey: string;
}

interface StoredWithdrawal {
  readonly id: string;
  readonly pseudonym: string;
  readonly scope: string[] | null;
  readonly reason: string;
}

interface DeclaringDataset {
  readonly id: string;
  readonly declared: DeclaredFacts;
}

/** A person takes back what he agreed to: nothing more is sold of him, and everybody who holds it is told. */
@Injectable()
export class WithdrawalService {
  constructor(
    private readonly database: Database,
    private readonly contributors: ContributorRegister,
    private readonly versions: VersionService,
    private readonly revision: CatalogRevision,
    private readonly jobs: Jobs,
    private readonly audit: Audit,
    private readonly clock: Clock,
  ) {}

  /**
   * Records the withdrawal, recalls every released version with an episode of the contributor, stops the files that hold
   * them, narrows what is declared, and queues the news for those who hold grants, all in one transaction.
   * The same key answers the same withdrawal.
   *
   * @returns its id
   * @throws REQUEST_INVALID, REQUEST_NOT_FOUND for an unknown contributor, CATALOG_CONSENT_ALREADY_WITHDRAWN,
   *         CATALOG_WITHDRAWAL_KEY_REUSED
   */
  async withdrawConsent(ctx: RequestContext, input: WithdrawConsent): Promise<string> {
    const wish = validate(withdrawSchema, input);
    const organizationId = mayActFor(ctx, wish.organizationId ?? null);
    const scope = wish.scope ?? null;
    const now = this.clock.now();
    const effectiveAt = wish.effectiveAt ?? now;
    if (effectiveAt > now) {
      const message = 'must not lie in the future: record the withdrawal on the day that it takes effect';
      throw KernelErrors.INVALID({ problems: [{ path: 'input.effectiveAt', message }] });
    }
    return this.database.transaction(ctx, async (ctx) => {
      await this.contributors.holdAlone(ctx, organizationId);
      const known = await this.byKey(ctx, organizationId, wish.idempotencyKey);
      if (known) {
        const isSame =
          known.pseudonym === wish.pseudonym && known.reason === wish.reason && String(known.scope) === String(scope);
        if (isSame) return known.id;
        throw CatalogErrors.WITHDRAWAL_KEY_REUSED({ withdrawalId: known.id });
      }
      const declaring = await this.declaring(ctx, organizationId, wish.pseudonym);
      const contributorId = await this.contributor(ctx, organizationId, wish.pseudonym, declaring.length > 0);
      await this.requireNew(ctx, contributorId, scope);
      const id = newId('Withdrawal', now.getTime());
      await this.database.execute(
        ctx,
        `insert into withdrawals (id, organization_id, contributor_id, scope, reason, effective_at, idempotency_key, recorded_by,
           recorded_by_organization_id, recorded_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
        [
          id,
          organizationId,
          contributorId,
          scope,
          wish.reason,
          effectiveAt,
          wish.idempotencyKey,
          ctx.actor.kind === 'user' ? ctx.actor.userId : ctx.actor.kind,
          ctx.actor.kind === 'user' ? ctx.actor.organizationId : null,
          now,
        ],
      );
      const reached = await this.reach(ctx, id, contributorId);
      for (const versionId of reached.released)
        await this.versions.recallOf(ctx, organizationId, versionId, RECALL_REASON);
      await this.narrowDeclared(ctx, organizationId, declaring);
      await this.audit.record(ctx, {
        action: 'withdrawal.recorded',
        subject: { kind: 'withdrawal', id },
        about: { organizationIds: [organizationId] },
        facts: {
          scope: scope ?? 'all',
          effectiveAt: effectiveAt.toISOString(),
          versions: reached.versions,
          recalled: reached.released.length,
        },
        private: { pseudonym: wish.pseudonym, reason: wish.reason },
      });
      await this.jobs.enqueue(ctx, CONSENT_WITHDRAWN_JOB, { withdrawalId: id });
      return id;
    });
  }

  /**
   * Takes back a withdrawal that was entered by mistake, within a day. Files may be leased again and the episodes published
   * again; recalls stay, as recalls do, and what was declared is for the provider to declare again.
   * @throws REQUEST_NOT_FOUND, CATALOG_WITHDRAWAL_SETTLED
   */
  async cancelWithdrawal(ctx: RequestContext, input: { withdrawalId: string; reason: string }): Promise<string> {
    const { withdrawalId, reason } = validate(cancelSchema, input);
    const operator = requireAdmin(ctx);
    return this.database.transaction(ctx, async (ctx) => {
      const [found] = await this.database.query<{ organizationId: string; recordedAt: Date }>(
        ctx,
        'select organization_id as "organizationId", recorded_at as "recordedAt" from withdrawals where id = $1',
        [withdrawalId],
      );
      if (!found) throw KernelErrors.NOT_FOUND({ what: 'withdrawal', id: withdrawalId });
      await this.contributors.holdAlone(ctx, found.organizationId);
      const now = this.clock.now();
      const isCancelled = await this.database.query(
        ctx,
        'select 1 from withdrawal_cancellations where withdrawal_id = $1',
        [withdrawalId],
      );
      if (isCancelled.length > 0) return withdrawalId;
      if (!mayCancel(found.recordedAt, now))
        throw CatalogErrors.WITHDRAWAL_SETTLED({ withdrawalId, hours: CANCEL_HOURS });
      await this.database.execute(
        ctx,
        'insert into withdrawal_cancellations (withdrawal_id, reason, cancelled_by, cancelled_at) values ($1, $2, $3, $4)',
        [withdrawalId, reason, operator.userId, now],
      );
      await this.audit.record(ctx, {
        action: 'withdrawal.cancelled',
        subject: { kind: 'withdrawal', id: withdrawalId },
        about: { organizationIds: [found.organizationId] },
        facts: {},
        private: { reason },
      });
      return withdrawalId;
    });
  }

  private async byKey(ctx: RequestContext, organizationId: string, key: string): Promise<StoredWithdrawal | undefined> {
    const [found] = await this.database.query<{ [K in keyof StoredWithdrawal]: StoredWithdrawal[K] }>(
      ctx,
      `select w.id, c.pseudonym, w.scope, w.reason from withdrawals w join contributors c on c.id = w.contributor_id
        where w.organization_id = $1 and w.idempotency_key = $2`,
      [organizationId, key],
    );
    return found;
  }

  /** Somebody whom a checked version or a declaration of the provider names. @throws REQUEST_NOT_FOUND */
  private async contributor(
    ctx: RequestContext,
    organizationId: string,
    pseudonym: string,
    isDeclared: boolean,
  ): Promise<string> {
    const [known] = await this.database.query<{ id: string }>(
      ctx,
      'select id from contributors where organization_id = $1 and pseudonym = $2',
      [organizationId, pseudonym],
    );
    if (known) return known.id;
    // A mistyped name must not look like a withdrawal that was carried out. The refusal repeats no personal data.
    if (!isDeclared) throw KernelErrors.NOT_FOUND({ what: 'contributor', id: 'of this pseudonym' });
    const id = newId('Contributor', this.clock.now().getTime());
    await this.database.execute(
      ctx,
      'insert into contributors (id, organization_id, pseudonym, created_at) values ($1, $2, $3, $4)',
      [id, organizationId, pseudonym, this.clock.now()],
    );
    return id;
  }

  private async requireNew(ctx: RequestContext, contributorId: string, scope: WithdrawnUses): Promise<void> {
    const standing = await this.database.query<{ id: string; scope: string[] | null }>(
      ctx,
      'select id, scope from standing_withdrawals where contributor_id = $1 order by id',
      [contributorId],
    );
    const covering = standing.find((one) => isCovered([one.scope], scope)) ?? standing[0];
    const isKnown = isCovered(
      standing.map((one) => one.scope),
      scope,
    );
    if (covering && isKnown) throw CatalogErrors.CONSENT_ALREADY_WITHDRAWN({ withdrawalId: covering.id });
  }

  /** Freezes what the withdrawal reaches: versions and episodes, their files, and their recordings by content. */
  private async reach(
    ctx: RequestContext,
    withdrawalId: string,
    contributorId: string,
  ): Promise<{ versions: number; released: string[] }> {
    // Datasets before versions, each in order of its id, so that releases and purchases wait in the same direction.
    await this.database.query(
      ctx,
      `select 1 from datasets where id in (
         select v.dataset_id from episodes_of_contributor($1) a join dataset_versions v on v.id = a.version_id
       ) order by id for update`,
      [contributorId],
    );
    const rows = await this.database.query<{ versionId: string; isReleased: boolean }>(
      ctx,
      `with reached as (
         insert into version_withdrawals (version_id, withdrawal_id, episodes, stops_all)
         select a.version_id, $1, a.episodes,
                (select count(*) from unnest(a.episodes) part join episodes e on e.version_id = a.version_id
                   and e.idx >= lower(part) and e.idx < upper(part) and jsonb_array_length(e.files) > 0)
                < (select sum(upper(part) - lower(part)) from unnest(a.episodes) part)
           from episodes_of_contributor($2) a
         returning version_id
       )
       select r.version_id as "versionId", v.status in ('published', 'superseded') as "isReleased"
         from reached r join dataset_versions v on v.id = r.version_id order by r.version_id`,
      [withdrawalId, contributorId],
    );
    const episodesOf = `
      from version_withdrawals w cross join lateral unnest(w.episodes) as part
      join episodes e on e.version_id = w.version_id and e.idx >= lower(part) and e.idx < upper(part)`;
    await this.database.execute(
      ctx,
      `insert into withdrawn_files (version_id, path, withdrawal_id)
       select distinct w.version_id, f ->> 'path', w.withdrawal_id ${episodesOf}
         cross join lateral jsonb_array_elements(e.files) as f where w.withdrawal_id = $1`,
      [withdrawalId],
    );
    await this.database.execute(
      ctx,
      `insert into withdrawn_episodes (organization_id, content_hash, withdrawal_id)
       select distinct s.organization_id, e.content_hash, w.withdrawal_id ${episodesOf}
         join withdrawals s on s.id = w.withdrawal_id where w.withdrawal_id = $1`,
      [withdrawalId],
    );
    return { versions: rows.length, released: rows.filter((row) => row.isReleased).map((row) => row.versionId) };
  }

  /** Datasets that name him, locked before anything of the shelf is touched. */
  private declaring(ctx: RequestContext, organizationId: string, pseudonym: string): Promise<DeclaringDataset[]> {
    return this.database.query<{ [K in keyof DeclaringDataset]: DeclaringDataset[K] }>(
      ctx,
      `select id, declared from datasets where organization_id = $1 and (
         declared -> 'contributors' @> jsonb_build_array(jsonb_build_object('pseudonym', $2::text))
         or declared -> 'sessions' @> jsonb_build_array(jsonb_build_object('operator', $2::text))
         or (jsonb_typeof(declared -> 'operators') = 'array' and declared -> 'operators' ? $2)
       ) order by id for update`,
      [organizationId, pseudonym],
    );
  }

  /** What the provider's datasets declare of him shrinks at once; what is released stays as it was declared. */
  private async narrowDeclared(
    ctx: RequestContext,
    organizationId: string,
    datasets: readonly DeclaringDataset[],
  ): Promise<void> {
    for (const { id, declared } of datasets) {
      const narrow = await this.contributors.narrow(ctx, organizationId, declared);
      await this.database.execute(ctx, 'update datasets set declared = $2, updated_at = $3 where id = $1', [
        id,
        JSON.stringify(narrow),
        this.clock.now(),
      ]);
      await this.revision.touch(ctx, id);
      await this.audit.record(ctx, {
        action: 'dataset.updated',
        subject: { kind: 'dataset', id },
        about: { datasetId: id, organizationIds: [organizationId] },
        facts: { fields: ['declared'] },
      });
    }
  }
}
