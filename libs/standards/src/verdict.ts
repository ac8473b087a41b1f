import type { Spread } from '@app/formats';
import type { RuleOutcome, RulePlace, Threshold } from './profile.js';
import type { Evidence } from './evidence.js';

/** What one rule says, before findings are counted against it. */
export interface Verdict {
  readonly result: RuleOutcome;
  readonly value: string | null;
  readonly message: string;
  readonly where?: readonly RulePlace[];
  /** The threshold that was used, where it depends on the method. */
  readonly threshold?: string;
}

/** The numbers of a rule for the method by which this set was collected. */
export interface Limits {
  /** In words, for the report: "teleop_vr", or that it is not known. */
  readonly method: string;
  /** Null: this method is not held to the number, or the profile has none. */
  of(name: string): number | null;
}

/** One rule. Pure: the same evidence always gives the same verdict. */
export type Check = (evidence: Evidence, limits: Limits) => Verdict;

export const pass = (value: string | null, message: string): Verdict => ({ result: 'pass', value, message });
export const fail = (value: string | null, message: string, where: readonly RulePlace[] = []): Verdict => ({
  result: 'fail',
  value,
  message,
  where,
});
export const notChecked = (message: string): Verdict => ({ result: 'not_checked', value: null, message });
export const notApplicable = (message: string): Verdict => ({ result: 'not_applicable', value: null, message });

const MAX_TOLD = 20;
const MAX_PLACES = 10;
const UNKNOWN = /^(unknown|n\/?a|none|null|other|-)?$/i;

/** What is wrong outweighs what is missing: the one fails, the other leaves the rule unchecked. */
export function verdictOf(wrong: readonly string[], missing: readonly string[], otherwise: Verdict): Verdict {
  if (wrong.length > 0)
    return fail(`${wrong.length} ${wrong.length === 1 ? 'problem' : 'problems'}`, wrong.slice(0, MAX_TOLD).join('; '));
  if (missing.length > 0) return notChecked(`not declared: ${missing.slice(0, MAX_TOLD).join(', ')}`);
  return otherwise;
}

/** Sorts a declared text into `wrong` (a word that says nothing, such as "unknown") or `missing`. */
export function look(what: string, text: string | null | undefined, wrong: string[], missing: string[]): void {
  if (text === undefined || text === null) missing.push(what);
  else if (!isNamed(text)) wrong.push(`${what} must not be "${text}"`);
}

/** False for a word that says nothing. */
export const isNamed = (text: string | null | undefined): boolean =>
  text !== undefined && text !== null && !UNKNOWN.test(text.trim());

/** The number of a threshold for a method. */
export function limitOf(threshold: Threshold | undefined, method: string | null): number | null {
  if (!threshold) return null;
  const { byMethod } = threshold;
  const own = method !== null && byMethod && Object.hasOwn(byMethod, method) ? byMethod[method] : undefined;
  return own === undefined ? threshold.default : own;
}

/** The first episodes of a spread that are bad, worst first. */
export function episodesWhere(spread: Spread, isBad: (value: number) => boolean): RulePlace[] {
  const bad = [...spread.lowest, ...spread.highest].filter(({ value }) => isBad(value)).map(({ episode }) => episode);
  return [...new Set(bad)].slice(0, MAX_PLACES).map((episode) => ({ episode }));
}

/** The first places, one per episode. */
export function placesOfEpisodes(episodes: Iterable<number>): RulePlace[] {
  return [...new Set(episodes)].slice(0, MAX_PLACES).map((episode) => ({ episode }));
}

/** A number for people: four significant digits, and never an exponent. */
export function told(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Number(value.toPrecision(4)).toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 9 });
}

/** A share, 0..1, in percent. */
export const percent = (share: number): string => `${told(share * 100)} %`;
/** A time in milliseconds. */
export const milliseconds = (seconds: number): string => `${told(seconds * 1000)} ms`;
