import { newId } from '@app/kernel';
import type { Sight } from '@app/kernel';
import type { AskedGrants } from './grant-filter.rules.js';

/** A part of a statement, and the parameters that it names. */
export interface GrantConditions {
  readonly where: string;
  readonly params: unknown[];
}

/** What the names of a search stand for. An empty list means that nothing can be found. */
export type ResolvedNames = Readonly<
  Record<'holder' | 'provider' | 'text' | 'dataset' | 'template' | 'use' | 'recalled', readonly string[] | null>
>;

/** The most organizations that a text may match: beyond, it tells them apart no longer. */
export const MAX_NAMED = 5_000;

const ORGANIZATION = (p: string): string => `select id from organizations where slug = lower(${p}) or id = ${p}`;

/** One statement that looks up every name in a filter; null where a filter names none. */
export function namesStatement(asked: AskedGrants): { sql: string; params: unknown[] } | null {
  const params: unknown[] = [];
  const columns: string[] = [];
  const add = (name: keyof ResolvedNames, value: unknown, sqlOf: (place: string) => string): void => {
    if (value !== null && value !== undefined)
      columns.push(`array(${sqlOf(`$${params.push(value)}::text`)}) as "${name}"`);
  };
  add('holder', asked.holder, ORGANIZATION);
  add('provider', asked.provider, ORGANIZATION);
  add('text', asked.text && likeOf(asked.text), (p) => {
    return `select id from organizations where name ilike ${p} or slug ilike ${p} limit ${MAX_NAMED + 1}`;
  });
  add('dataset', asked.datasetSlug, (p) => `select id from datasets where lower(slug) = lower(${p})`);
  add('template', asked.template, (p) => `select hash from terms where terms->>'template' = ${p}`);
  add('use', asked.use, (p) => `select terms_hash from terms_verdicts where use = ${p} and is_open`);
  if (asked.isRecalled === true) {
    columns.push(`array(select id from dataset_versions where recalled_at is not null) as "recalled"`);
  }
  return columns.length > 0 ? { sql: `select ${columns.join(', ')}`, params } : null;
}

/**
 * The condition of a search over `grants g`. Only what is asked for becomes part of it, with ids as values: so the planner knows
 * how many grants each selects, and takes the index that leads for a rare one and the newest grants for a common one.
 */
export function grantConditions(
  asked: AskedGrants,
  names: Partial<ResolvedNames>,
  sight: Sight,
  now: Date,
): GrantConditions {
  const params: unknown[] = [];
  const parts: string[] = [];
  const bind = (value: unknown): string => `$${params.push(value)}`;
  const add = (value: unknown, sqlOf: (place: string) => string): void => {
    if (value !== null && value !== undefined) parts.push(sqlOf(bind(value)));
  };
  if (!sight.seesAll) {
    add(sight.organizationId ?? '', (p) => `(g.organization_id = ${p} or g.provider_organization_id = ${p})`);
  }
  add(names.holder, (p) => `g.organization_id = any(${p}::text[])`);
  add(names.provider, (p) => `g.provider_organization_id = any(${p}::text[])`);
  add(names.text, (p) => `(g.organization_id = any(${p}::text[]) or g.provider_organization_id = any(${p}::text[]))`);
  add(names.dataset, (p) => `g.dataset_id = any(${p}::text[])`);
  add(names.template, (p) => `g.terms_hash = any(${p}::text[])`);
  add(names.use, (p) => `g.terms_hash = any(${p}::text[])`);
  add(names.recalled, (p) => `g.version_id = any(${p}::text[])`);
  add(asked.versionId, (p) => `g.version_id = ${p}`);
  add(asked.termsHash, (p) => `g.terms_hash = ${p}`);
  add(asked.intendedUse, (p) => `g.intended_use = ${p}`);
  if (asked.states) parts.push(ofStates(asked.states, bind, now));
  add(
    asked.activeAt,
    (p) => `g.starts_at <= ${p} and (g.expires_at is null or g.expires_at > ${p}) and 'active' = (
      select e.to_state from grant_events e where e.grant_id = g.id and e.at <= ${p} order by e.seq desc limit 1)`,
  );
  // A right is asked for before it starts, and its id holds when: so an instant long ago begins at the right end of the ids.
  const latest = [asked.activeAt, asked.to].flatMap((at) => (at ? [at.getTime()] : []));
  if (latest.length > 0) add(firstIdAfter(Math.min(...latest)), (p) => `g.id < ${p}`);
  add(asked.from, (p) => `g.starts_at is not null and (g.expires_at is null or g.expires_at > ${p})`);
  add(asked.to, (p) => `g.starts_at < ${p}`);
  if (asked.isRecalled === false) parts.push('v.recalled_at is null');
  return { where: parts.length > 0 ? parts.join(' and ') : 'true', params };
}

/** Clocks of two replicas may differ, and one may be set back: by far less than this. */
const CLOCK_MARGIN_MS = 86_400_000;
/** Prefix and time of an id. */
const TIMED_CHARACTERS = 14;

function firstIdAfter(ms: number): string {
  return newId('Grant', Math.max(0, ms + CLOCK_MARGIN_MS)).slice(0, TIMED_CHARACTERS);
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
