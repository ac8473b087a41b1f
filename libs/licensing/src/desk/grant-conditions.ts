import { newId } from '@app/kernel';
import type { Sight } from '@app/kernel';
import type { AskedGrants } from './grant-filter.rules.js';

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

/** Keys of a lead, each of which is one look into an index. */
const MAX_LEADS = 100;

/** What a search goes by: columns with an index that ends in the id, and the keys looked for in each. */
interface Lead {
  readonly columns: readonly string[];
  readonly keys: readonly string[];
}

/** Ids of the grants that are asked for, newest first. */
export interface GrantSearch {
  readonly sql: string;
  readonly params: unknown[];
}

/**
 * Where few keys lead, each is read from the end of its own index and the ends are merged: what a rare key or none costs does not
 * depend on how the planner guesses. Everything else is a condition on the way; without a lead the newest grants are walked.
 */
export function grantIds(
  asked: AskedGrants,
  names: Partial<ResolvedNames>,
  sight: Sight,
  page: { readonly now: Date; readonly before: string | null; readonly limit: number },
): GrantSearch {
  const params: unknown[] = [];
  const bind = (value: unknown): string => `$${params.push(value)}`;
  const leads = leadsOf(asked, names, sight);
  const lead = leads.find(({ keys }) => keys.length <= MAX_LEADS) ?? null;
  const parts = leads
    .filter((one) => one !== lead)
    .map(({ columns, keys }) => {
      const place = bind(keys);
      return `(${columns.map((column) => `g.${column} = any(${place}::text[])`).join(' or ')})`;
    });
  const rest = [...parts, ...conditions(asked, bind, page.now)];
  if (page.before !== null) rest.push(`g.id < ${bind(page.before)}`);
  const order = `order by g.id desc limit ${page.limit}`;
  const where = rest.length > 0 ? rest.join(' and ') : 'true';
  if (!lead) return { sql: `select g.id from grants g where ${where} ${order}`, params };
  const keys = bind(lead.keys);
  const ways = lead.columns.map(
    (column) => `select found.id from unnest(${keys}::text[]) lead (key) cross join lateral (
      select g.id from grants g where g.${column} = lead.key and ${where} ${order}) found`,
  );
  return { sql: `select g.id from (${ways.join(' union ')}) g ${order}`, params };
}

/** Those first that select the fewest. */
function leadsOf(asked: AskedGrants, names: Partial<ResolvedNames>, sight: Sight): Lead[] {
  const parties = ['organization_id', 'provider_organization_id'];
  const lead = (columns: readonly string[], keys: readonly string[] | null | undefined): Lead[] =>
    keys ? [{ columns, keys }] : [];
  const one = (key: string | null | undefined): string[] | null => (key ? [key] : null);
  return [
    ...lead(['version_id'], one(asked.versionId)),
    ...lead(['dataset_id'], names.dataset),
    ...lead(['organization_id'], names.holder),
    ...lead(['terms_hash'], one(asked.termsHash)),
    ...lead(parties, sight.seesAll ? null : [sight.organizationId ?? '']),
    ...lead(['version_id'], names.recalled),
    ...lead(['terms_hash'], names.template),
    ...lead(['terms_hash'], names.use),
    ...lead(parties, names.text),
    ...lead(['provider_organization_id'], names.provider),
  ];
}

function conditions(asked: AskedGrants, bind: (value: unknown) => string, now: Date): string[] {
  const parts: string[] = [];
  const add = (value: unknown, sqlOf: (place: string) => string): void => {
    if (value !== null && value !== undefined) parts.push(sqlOf(bind(value)));
  };
  add(asked.intendedUse, (p) => `g.intended_use = ${p}`);
  if (asked.states) parts.push(ofStates(asked.states, bind, now));
  // The last step asks whether it is the one, instead of being compared: so the planner takes it for common.
  add(
    asked.activeAt,
    (p) => `g.starts_at <= ${p} and (g.expires_at is null or g.expires_at > ${p}) and (
      select e.to_state = 'active' from grant_events e where e.grant_id = g.id and e.at <= ${p} order by e.seq desc limit 1)`,
  );
  // A right is asked for before it starts, and its id holds when: an instant long ago begins at the right end of the ids, and
  // needs no index on times, which the planner would multiply with it as if the two had nothing to do with each other.
  const latest = [asked.activeAt, asked.to].flatMap((at) => (at ? [at.getTime()] : []));
  if (latest.length > 0) add(firstIdAfter(Math.min(...latest)), (p) => `g.id < ${p}`);
  add(asked.from, (p) => `g.starts_at is not null and (g.expires_at is null or g.expires_at > ${p})`);
  add(asked.to, (p) => `g.starts_at < ${p}`);
  if (asked.isRecalled === false) {
    parts.push('not exists (select from dataset_versions r where r.id = g.version_id and r.recalled_at is not null)');
  }
  return parts;
}

/** Clocks of two replicas may differ, and one may be set back: by far less than this. */
const CLOCK_MARGIN_MS = 86_400_000;
/** Prefix and time of an id. */
const TIMED_CHARACTERS = 14;

function firstIdAfter(ms: number): string {
  return newId('Grant', Math.max(0, ms + CLOCK_MARGIN_MS)).slice(0, TIMED_CHARACTERS);
}

/** A right is over from the instant that its time is, and a request once it has lapsed, whether or not a sweep has run. */
function ofStates(states: readonly string[], bind: (value: unknown) => string, now: Date): string {
  const end = `case when g.state in ('active', 'suspended') then g.expires_at
    when g.state in ('requested', 'approved') then g.lapses_at end`;
  return `case when ${end} <= ${bind(now)} then 'expired' else g.state end = any(${bind(states)})`;
}

/** What is typed is looked for as it stands: the signs of a pattern mean themselves. */
function likeOf(typed: string): string {
  return `%${typed.replace(/[\\%_]/g, '\\$&')}%`;
}
