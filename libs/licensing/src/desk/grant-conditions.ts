import type { Sight } from '@app/kernel';
import type { AskedGrants } from './grant-filter.rules.js';

/** The condition of a search over `grants g`, and the parameters that it names. */
export interface GrantConditions {
  readonly where: string;
  readonly params: unknown[];
}

/**
 * Only what is asked for becomes part of the statement, so that the planner sees which index leads. Ids, slugs and hashes are
 * looked up once, in sub-selects; nothing is judged row by row.
 */
export function grantConditions(asked: AskedGrants, sight: Sight, now: Date): GrantConditions {
  const params: unknown[] = [];
  const parts: string[] = [];
  const bind = (value: unknown): string => `$${params.push(value)}`;
  const add = (value: unknown, sqlOf: (place: string) => string): void => {
    if (value !== null && value !== undefined) parts.push(sqlOf(bind(value)));
  };
  if (!sight.seesAll) {
    add(sight.organizationId ?? '', (p) => `(g.organization_id = ${p} or g.provider_organization_id = ${p})`);
  }
  const organization = (p: string): string =>
    `any(array(select id from organizations where slug = lower(${p}) or id = ${p}))`;
  add(asked.holder, (p) => `g.organization_id = ${organization(p)}`);
  add(asked.provider, (p) => `g.provider_organization_id = ${organization(p)}`);
  add(asked.text && likeOf(asked.text), (p) => {
    const named = `any(array(select id from organizations where name ilike ${p} or slug ilike ${p}))`;
    return `(g.organization_id = ${named} or g.provider_organization_id = ${named})`;
  });
  add(asked.datasetSlug, (p) => `g.dataset_id = (select id from datasets where lower(slug) = lower(${p}))`);
  add(asked.versionId, (p) => `g.version_id = ${p}`);
  add(asked.termsHash, (p) => `g.terms_hash = ${p}`);
  add(asked.template, (p) => `g.terms_hash = any(array(select hash from terms where terms->>'template' = ${p}))`);
  add(
    asked.use,
    (p) => `g.terms_hash = any(array(select terms_hash from terms_verdicts where use = ${p} and is_open))`,
  );
  add(asked.intendedUse, (p) => `g.intended_use = ${p}`);
  if (asked.states) parts.push(ofStates(asked.states, bind, now));
  add(
    asked.activeAt,
    (p) => `g.starts_at <= ${p} and (g.expires_at is null or g.expires_at > ${p}) and 'active' = (
      select e.to_state from grant_events e where e.grant_id = g.id and e.at <= ${p} order by e.seq desc limit 1)`,
  );
  add(asked.from, (p) => `g.starts_at is not null and (g.expires_at is null or g.expires_at > ${p})`);
  add(asked.to, (p) => `g.starts_at < ${p}`);
  if (asked.isRecalled === true) {
    parts.push('g.version_id = any(array(select id from dataset_versions where recalled_at is not null))');
  }
  if (asked.isRecalled === false) parts.push('v.recalled_at is null');
  return { where: parts.length > 0 ? parts.join(' and ') : 'true', params };
}

/** A right is expired from the instant that its time is over, whether or not a sweep has run. */
function ofStates(states: readonly string[], bind: (value: unknown) => string, now: Date): string {
  const listed = `g.state = any(${bind(states)})`;
  const [hasActive, hasExpired] = [states.includes('active'), states.includes('expired')];
  if (hasActive === hasExpired) return listed;
  const isOver = `g.state = 'active' and g.expires_at <= ${bind(now)}`;
  return hasExpired ? `(${listed} or (${isOver}))` : `(${listed} and not coalesce(${isOver}, false))`;
}

/** What is typed is looked for as it stands: the signs of a pattern mean themselves. */
function likeOf(typed: string): string {
  return `%${typed.replace(/[\\%_]/g, '\\$&')}%`;
}
