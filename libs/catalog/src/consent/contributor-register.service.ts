import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CatalogErrors } from '../catalog.errors.js';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import type { ReportFinding } from '../versions/report.js';
import { contributorLinks, namesIn, narrowed, spansText } from './contributor.rules.js';
import type { ContributorLink, EpisodeSpan, WithdrawnUses } from './contributor.rules.js';
import { spansOf } from './multirange.js';

/** What a version under check is judged by. */
export interface VersionPeople {
  readonly organizationId: string;
  readonly versionId: string;
  readonly declared: DeclaredFacts;
  readonly operatorsInData: readonly string[];
  readonly episodes: number;
}

export interface JudgedPeople {
  /** What was declared, without what was withdrawn. */
  readonly declared: DeclaredFacts;
  /** Each of them keeps the version from being published. */
  readonly findings: readonly ReportFinding[];
  readonly links: readonly ContributorLink[];
}

interface HeldContent {
  readonly withdrawalId: string;
  readonly pseudonym: string;
  readonly scope: string[] | null;
  readonly episodes: string;
}

/** Who takes part in what, and whether he still agrees. The one that ingest, releases and declarations ask. */
@Injectable()
export class ContributorRegister {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /**
   * Until the commit nobody of this provider can withdraw, while others go on likewise. Taken before any row is locked.
   * A withdrawal takes the same lock alone, so it sees everything that was checked or released before, and comes before the rest.
   */
  async holdStill(ctx: RequestContext, organizationId: string): Promise<void> {
    await this.database.query(ctx, 'select pg_advisory_xact_lock_shared(hashtextextended($1, 5))', [organizationId]);
  }

  /** Waits for everybody who holds the consent of this provider's contributors still, and shuts out the next until the commit. */
  async holdAlone(ctx: RequestContext, organizationId: string): Promise<void> {
    await this.database.query(ctx, 'select pg_advisory_xact_lock(hashtextextended($1, 5))', [organizationId]);
  }

  /** A declaration without the uses that persons named in it have withdrawn. */
  async narrow(ctx: RequestContext, organizationId: string, declared: DeclaredFacts): Promise<DeclaredFacts> {
    return narrowed(declared, await this.withdrawnBy(ctx, organizationId, namesIn(declared)));
  }

  /** Judges a version's people while consent is held still. */
  async judge(ctx: RequestContext, version: VersionPeople): Promise<JudgedPeople> {
    const { organizationId, versionId, declared, operatorsInData, episodes } = version;
    const { links, problems } = contributorLinks(declared, operatorsInData, episodes);
    const withdrawn = await this.withdrawnBy(
      ctx,
      organizationId,
      links.map(({ pseudonym }) => pseudonym),
    );
    const findings: ReportFinding[] = problems.map(({ where, message }) => ({
      code: 'CONTRIBUTOR_EPISODES_WRONG',
      severity: 'error',
      message: `${where}: ${message}.`,
    }));
    for (const { pseudonym, where, episodes } of links)
      if (withdrawn.get(pseudonym) === null) findings.push(goneFinding(where, episodes));
    for (const { pseudonym, scope, episodes } of await this.withdrawnContent(ctx, organizationId, versionId)) {
      const link = links.find((one) => one.pseudonym === pseudonym);
      // Under his own name who withdrew everything has his finding already, and who withdrew some uses may stay.
      if (link && covers(link.episodes, spansOf(episodes))) continue;
      findings.push(sameFinding(spansOf(episodes), scope));
    }
    return { declared: narrowed(declared, withdrawn), findings, links };
  }

  /** Keeps who is in which episodes of a version that passed its check. */
  async keep(
    ctx: RequestContext,
    organizationId: string,
    versionId: string,
    links: readonly ContributorLink[],
  ): Promise<void> {
    if (links.length === 0) return;
    const now = this.clock.now();
    const names = links.map(({ pseudonym }) => pseudonym);
    await this.database.execute(
      ctx,
      `insert into contributors (id, organization_id, pseudonym, created_at)
       select id, $1, pseudonym, $4 from unnest($2::text[], $3::text[]) as wanted (id, pseudonym)
       on conflict (organization_id, pseudonym) do nothing`,
      [organizationId, names.map(() => newId('Contributor', now.getTime())), names, now],
    );
    await this.database.execute(
      ctx,
      `insert into version_contributors (version_id, contributor_id, episodes, is_stated)
       select $1, c.id, l.episodes::int4multirange, l.is_stated
         from unnest($3::text[], $4::text[], $5::bool[]) as l (pseudonym, episodes, is_stated)
         join contributors c on c.organization_id = $2 and c.pseudonym = l.pseudonym
       on conflict (version_id, contributor_id) do update set episodes = excluded.episodes, is_stated = excluded.is_stated`,
      [
        versionId,
        organizationId,
        names,
        links.map(({ episodes }) => `{${episodes.map(([first, last]) => `[${first},${last}]`).join(',')}}`),
        links.map(({ isStated }) => isStated),
      ],
    );
  }

  /** While consent is held still. @throws CATALOG_CONSENT_WITHDRAWN when a withdrawal reached the version after its check */
  async requirePublishable(ctx: RequestContext, version: { id: string; label: string }): Promise<void> {
    const [reached] = await this.database.query<{ id: string }>(
      ctx,
      `select w.id from version_withdrawals v join standing_withdrawals w on w.id = v.withdrawal_id
        where v.version_id = $1 order by w.id limit 1`,
      [version.id],
    );
    if (reached) throw CatalogErrors.CONSENT_WITHDRAWN({ label: version.label, withdrawalId: reached.id });
  }

  private async withdrawnBy(
    ctx: RequestContext,
    organizationId: string,
    names: readonly string[],
  ): Promise<Map<string, WithdrawnUses>> {
    if (names.length === 0) return new Map();
    const rows = await this.database.query<{ pseudonym: string; isAll: boolean; uses: string[] | null }>(
      ctx,
      `select c.pseudonym, bool_or(w.scope is null) as "isAll", array_agg(distinct u.use) filter (where u.use is not null) as uses
         from contributors c join standing_withdrawals w on w.contributor_id = c.id
         left join lateral unnest(w.scope) as u (use) on true
        where c.organization_id = $1 and c.pseudonym = any($2::text[]) group by c.pseudonym`,
      [organizationId, names],
    );
    return new Map(rows.map(({ pseudonym, isAll, uses }) => [pseudonym, isAll ? null : (uses ?? [])]));
  }

  /** Episodes of a version whose recordings a standing withdrawal of this provider's contributors has touched. */
  private async withdrawnContent(
    ctx: RequestContext,
    organizationId: string,
    versionId: string,
  ): Promise<HeldContent[]> {
    return this.database.query<HeldContent>(
      ctx,
      `select w.id as "withdrawalId", c.pseudonym, w.scope, range_agg(int4range(e.idx, e.idx + 1))::text as episodes
         from withdrawn_episodes x join standing_withdrawals w on w.id = x.withdrawal_id
         join contributors c on c.id = w.contributor_id
         join episodes e on e.version_id = $2 and e.content_hash = x.content_hash
        where x.organization_id = $1 group by w.id, c.pseudonym, w.scope order by w.id`,
      [organizationId, versionId],
    );
  }
}

function covers(outer: readonly EpisodeSpan[], inner: readonly EpisodeSpan[]): boolean {
  return inner.every(([first, last]) => outer.some((span) => span[0] <= first && last <= span[1]));
}

/** Findings stand in a public report: they say places and numbers, never who. */
function goneFinding(where: string, episodes: readonly EpisodeSpan[]): ReportFinding {
  return {
    code: 'CONSENT_WITHDRAWN',
    severity: 'error',
    message: `${where} withdrew consent: leave out the episodes ${spansText(episodes)}, and the name, and submit again.`,
    episode: episodes[0]?.[0] ?? 0,
  };
}

function sameFinding(episodes: readonly EpisodeSpan[], scope: readonly string[] | null): ReportFinding {
  const remedy =
    scope === null
      ? 'leave them out, and submit again'
      : `they may stay only under the name of the contributor who withdrew ${scope.join(', ')}`;
  return {
    code: 'CONSENT_WITHDRAWN',
    severity: 'error',
    message: `The episodes ${spansText(episodes)} are recordings for which consent was withdrawn: ${remedy}.`,
    episode: episodes[0]?.[0] ?? 0,
  };
}
