import { createHash } from 'node:crypto';
import { DUTY_OF_CODE } from './duties.js';
import type { Duty } from './duties.js';
import type { LicenceRow } from './licence-table.js';
import { MARKET_TEMPLATES } from './market-templates.js';
import { PUBLIC_LICENCES } from './public-licences.js';
import { termsSchema } from './terms.js';
import type { Terms, TermsRule } from './terms.js';
import { USES, isPermitted } from './uses.js';
import type { Use, Verdict } from './uses.js';

/** Every licence that the market can judge by machine. */
export const LICENCES: readonly LicenceRow[] = [...PUBLIC_LICENCES, ...MARKET_TEMPLATES];

const byName = new Map<string, LicenceRow>();
for (const licence of LICENCES) {
  for (const name of [licence.id, ...(licence.aliases ?? [])]) {
    if (byName.has(name.toLowerCase())) throw new Error(`Two licences are called "${name}".`);
    byName.set(name.toLowerCase(), licence);
  }
}

/** The licence that a text names (SPDX id, template id or alias, in any case), or null: an unknown one is never guessed. */
export function findLicence(name: string): LicenceRow | null {
  return byName.get(name.trim().toLowerCase()) ?? null;
}

const VERDICT_OF_LETTER: Readonly<Record<string, Verdict>> = {
  A: 'ALLOWED',
  D: 'ALLOWED_WITH_DUTIES',
  U: 'UNDECIDED',
  F: 'FORBIDDEN',
};

interface Cell {
  readonly verdict: Verdict;
  readonly duties: Duty[];
  readonly isContested: boolean;
}

/** One cell of a table: `A`, `U`, `F`, or `D` with its duty codes. @throws when it is none of these */
export function parseCell(text: string): Cell {
  const match = /^([ADUF])(?: ([a-z]{2}(?:,[a-z]{2})*))?(~?)$/.exec(text.trim());
  const verdict = VERDICT_OF_LETTER[match?.[1] ?? ''];
  if (!match || !verdict) throw new Error(`"${text}" is no cell of a table of licences.`);
  const duties = (match[2]?.split(',') ?? []).map((code) => {
    const duty = DUTY_OF_CODE[code];
    if (!duty) throw new Error(`"${code}" in "${text}" is no duty.`);
    return duty;
  });
  return { verdict, duties, isContested: match[3] === '~' };
}

/** The text that people accept, in one language. */
export function humanText(licence: LicenceRow, language: 'zh' | 'en'): string {
  const clauses = Object.entries(licence.clauses).map(([id, text]) => `${id}: ${text[language]}`);
  return [licence.title[language], licence.summary[language], ...clauses, ...(licence.url ? [licence.url] : [])].join(
    '\n',
  );
}

function toRule(licence: LicenceRow, use: Use, cell: Cell): TermsRule {
  const cases = licence.cases?.filter((c) => c.use === use) ?? [];
  const resolve = licence.resolve?.[use];
  return {
    verdict: cell.verdict,
    duties: cell.duties,
    clause: licence.decides[use] ?? licence.decides.otherwise,
    ...(cell.isContested && { contested: true as const }),
    ...(resolve !== undefined && { resolve }),
    ...(cases.length > 0 && {
      cases: cases.map(({ when, cell: text, clause }) => {
        const { verdict, duties } = parseCell(text);
        return { when, verdict, duties, clause };
      }),
    }),
  };
}

/** The complete terms of a licence. Equal licences give equal terms, hence one hash. @throws when the table is malformed */
export function toTerms(licence: LicenceRow): Terms {
  const cells = licence.row.split('|').map(parseCell);
  if (cells.length !== USES.length) throw new Error(`${licence.id} has ${cells.length} cells for ${USES.length} uses.`);
  const uses = Object.fromEntries(
    USES.map((use, i) => [use, toRule(licence, use, cells[i] ?? parseCell('U'))]),
  ) as Record<Use, TermsRule>;
  const text = `${humanText(licence, 'zh')}\n\n${humanText(licence, 'en')}`;
  return termsSchema.parse({
    v: 1,
    template: licence.id,
    title: licence.title,
    summary: licence.summary,
    scope: 'data',
    uses,
    clauses: licence.clauses,
    text: { sha256: createHash('sha256').update(text).digest('hex'), url: licence.url },
    territory: null,
    termDays: licence.termDays ?? null,
    seats: licence.seats ?? null,
    exclusivity: 'none',
  });
}

/** Whether the terms permit any use at all; an offer that grants nothing is no offer. */
export function permitsAnything(terms: Terms): boolean {
  return USES.some((use) => isPermitted(terms.uses[use].verdict));
}
