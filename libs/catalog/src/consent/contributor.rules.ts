import type { DeclaredFacts } from '../datasets/declared.rules.js';

/** What a person may agree to, or withdraw. The codes of the vocabulary. */
export const CONSENT_USES = ['research', 'commercial', 'redistribution', 'derived_model'] as const;
export type ConsentUse = (typeof CONSENT_USES)[number];

/** Episodes by number, first and last included. */
export type EpisodeSpan = readonly [first: number, last: number];

/** A person who takes part in a version. */
export interface ContributorLink {
  readonly pseudonym: string;
  /** Where the declaration names him: what a report may say, where the pseudonym must not stand. */
  readonly where: string;
  /** Ordered, apart from each other, never empty. */
  readonly episodes: readonly EpisodeSpan[];
  /** False where nobody says which episodes: then it is all of them. */
  readonly isStated: boolean;
}

export interface ContributorLinks {
  readonly links: readonly ContributorLink[];
  /** Everything that is wrong with what was said, each with its place. */
  readonly problems: readonly { readonly where: string; readonly message: string }[];
}

/** What a person withdrew, null for every use. */
export type WithdrawnUses = readonly string[] | null;

type Declared = Pick<DeclaredFacts, 'contributors' | 'sessions' | 'operators' | 'consentScope'>;

/** Spans in order, joined where they touch or overlap. */
export function joinSpans(spans: readonly EpisodeSpan[]): EpisodeSpan[] {
  const joined: [number, number][] = [];
  for (const [first, last] of [...spans].sort(([a], [b]) => a - b)) {
    const before = joined.at(-1);
    if (before && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else joined.push([first, last]);
  }
  return joined;
}

/**
 * Which persons are in which of a version's episodes, from what the provider declared and what the data names.
 * A contributor's own `episodes` decide, together with the sessions that he led; who is named without any is in all.
 */
export function contributorLinks(
  declared: Declared,
  operatorsInData: readonly string[],
  episodes: number,
): ContributorLinks {
  const problems: { where: string; message: string }[] = [];
  const persons = new Map<string, { where: string; spans: EpisodeSpan[]; isOpen: boolean; isSettled: boolean }>();
  const personOf = (pseudonym: string, where: string) => {
    const person = persons.get(pseudonym) ?? { where, spans: [], isOpen: false, isSettled: false };
    persons.set(pseudonym, person);
    return person;
  };
  const within = (span: EpisodeSpan, where: string): EpisodeSpan[] => {
    const [first, last] = span;
    if (first <= last && last < episodes) return [span];
    const message =
      first > last
        ? `${first}–${last} runs backwards: give the first episode, then the last`
        : `${first}–${last} lies outside the version, whose episodes are 0–${episodes - 1}`;
    problems.push({ where, message });
    return [];
  };

  (declared.contributors ?? []).forEach(({ pseudonym, episodes: said }, i) => {
    const person = personOf(pseudonym, `contributors[${i}]`);
    if (said) person.isSettled = true;
    (said ?? []).forEach((span, k) => person.spans.push(...within(span, `contributors[${i}].episodes[${k}]`)));
  });
  (declared.sessions ?? []).forEach(({ operator, episodes: said }, i) => {
    if (operator === undefined) return;
    const person = personOf(operator, `sessions[${i}].operator`);
    if (said) person.spans.push(...within(said, `sessions[${i}].episodes`));
    else person.isOpen = true;
  });
  if (Array.isArray(declared.operators)) declared.operators.forEach((name, i) => personOf(name, `operators[${i}]`));
  operatorsInData.forEach((name) => personOf(name, 'the data'));

  const links: ContributorLink[] = [];
  for (const [pseudonym, { where, spans, isOpen, isSettled }] of persons) {
    const isStated = isSettled || (spans.length > 0 && !isOpen);
    const all: EpisodeSpan[] = episodes > 0 ? [[0, episodes - 1]] : [];
    const found = isStated ? joinSpans(spans) : all;
    if (found.length > 0) links.push({ pseudonym, where, episodes: found, isStated });
  }
  return { links, problems };
}

/** Everybody whom a declaration names. */
export function namesIn(declared: Declared): string[] {
  return [
    ...new Set([
      ...(declared.contributors ?? []).map(({ pseudonym }) => pseudonym),
      ...(declared.sessions ?? []).flatMap(({ operator }) => operator ?? []),
      ...(Array.isArray(declared.operators) ? declared.operators : []),
    ]),
  ];
}

/**
 * What was declared, without the uses that the persons named in it withdrew: a provider cannot declare again what somebody
 * took back. Who withdrew everything keeps an empty scope; whether his episodes are still there is for the check of the bytes.
 */
export function narrowed<D extends Declared>(declared: D, withdrawn: ReadonlyMap<string, WithdrawnUses>): D {
  if (withdrawn.size === 0) return declared;
  const less = (scope: readonly string[], uses: WithdrawnUses): string[] =>
    uses === null ? [] : scope.filter((use) => !uses.includes(use));
  const contributors = declared.contributors?.map((one) => {
    const uses = withdrawn.get(one.pseudonym);
    return uses === undefined ? one : { ...one, scope: less(one.scope ?? declared.consentScope ?? CONSENT_USES, uses) };
  });
  const taken = namesIn(declared).flatMap((name) => withdrawn.get(name) ?? []);
  const consentScope = taken.length > 0 ? less(declared.consentScope ?? CONSENT_USES, taken) : declared.consentScope;
  return { ...declared, ...(contributors && { contributors }), ...(consentScope && { consentScope }) };
}

/** Whether a standing withdrawal already says everything that a new one would. */
export function isCovered(standing: readonly WithdrawnUses[], wished: WithdrawnUses): boolean {
  if (standing.includes(null)) return true;
  const taken = new Set(standing.flatMap((uses) => uses ?? []));
  return wished !== null && wished.every((use) => taken.has(use));
}

/** Spans as a person reads them: `3–7, 12`, cut after a few. */
export function spansText(spans: readonly EpisodeSpan[], limit = 10): string {
  const shown = spans.slice(0, limit).map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`));
  return [...shown, ...(spans.length > limit ? ['…'] : [])].join(', ');
}
