import { createHash } from 'node:crypto';
import { DATA_LICENCES } from './data-licences.js';
import type { Declarations } from './declarations.js';
import { declare } from './declare.rules.js';
import { NO_DIMENSIONS } from './dimensions.js';
import type { Dimensions } from './dimensions.js';
import { DUTY_OF_CODE } from './duties.js';
import type { Duty } from './duties.js';
import { FIELD_TITLES } from './fields-of-use.js';
import type { FieldOfUse } from './fields-of-use.js';
import type { LicenceRow } from './licence-table.js';
import { FIELD_CLAUSE, TERRITORY_CLAUSE } from './limit-clauses.js';
import { MARKET_TEMPLATES } from './market-templates.js';
import { PUBLIC_LICENCES } from './public-licences.js';
import { termsSchema } from './terms.js';
import type { Bilingual, Terms, TermsRule } from './terms.js';
import { USES, isPermitted } from './uses.js';
import type { Use, Verdict } from './uses.js';

/** Every licence that the market can judge by machine. */
export const LICENCES: readonly LicenceRow[] = [...PUBLIC_LICENCES, ...DATA_LICENCES, ...MARKET_TEMPLATES];

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
function humanText(
  licence: Pick<LicenceRow, 'title' | 'summary' | 'url'>,
  clauses: Readonly<Record<string, Bilingual>>,
  language: 'zh' | 'en',
): string {
  const told = Object.entries(clauses).map(([id, text]) => `${id}: ${text[language]}`);
  return [licence.title[language], licence.summary[language], ...told, ...(licence.url ? [licence.url] : [])].join(
    '\n',
  );
}

const wholeText = (licence: Pick<LicenceRow, 'title' | 'summary' | 'url'>, clauses: Terms['clauses']): string =>
  `${humanText(licence, clauses, 'zh')}\n\n${humanText(licence, clauses, 'en')}`;

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

/**
 * The text that people accept under frozen terms, Chinese first. Storage does not keep the order of clauses, so it is taken from
 * the licence again; null where the text that results is not the one whose hash was frozen.
 */
export function textOfTerms(terms: Terms): string | null {
  const licence = findLicence(terms.template);
  const declarations = terms.v === 2 ? terms.dimensions.declarations : {};
  const model = licence ? Object.keys(toTerms(licence, { declarations }).clauses) : [];
  const order = [...model, FIELD_CLAUSE, TERRITORY_CLAUSE];
  const place = (id: string): number => (order.includes(id) ? order.indexOf(id) : order.length);
  const clauses = Object.fromEntries(Object.entries(terms.clauses).sort(([a], [b]) => place(a) - place(b)));
  const text = wholeText({ title: terms.title, summary: terms.summary, url: terms.text.url }, clauses);
  return sha256Of(text) === terms.text.sha256 ? text : null;
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

/** What a provider adds to a licence when he makes an offer. */
export interface TermsWish {
  /** Fields of use that the limited uses of a market template are granted in. */
  readonly fields?: readonly FieldOfUse[];
  readonly deniedFields?: readonly FieldOfUse[];
  /** Countries that the data may be used in, and those that it may never reach (ISO 3166-1). */
  readonly territory?: readonly string[];
  readonly blockedTerritory?: readonly string[];
  readonly termDays?: number;
  readonly seats?: number;
  readonly personalData?: Dimensions['personalData'];
  readonly declarations?: Declarations;
}

/** Declarations that speak to nothing in this licence. */
export function idleDeclarations(licence: LicenceRow, declarations: Declarations): readonly string[] {
  return declare(rowFor(licence, declarations), declarations, parseCell).idle;
}

/** The row that is meant: an ODbL database whose contents have a licence is another one than without. */
function rowFor(licence: LicenceRow, declarations: Declarations): LicenceRow {
  if (licence.id !== 'ODbL-1.0' || !declarations.contents_licence) return licence;
  return findLicence('ODbL-1.0 AND DbCL-1.0') ?? licence;
}

/**
 * The complete terms of a licence, with what the provider adds. Equal licences and wishes give equal terms, hence one
 * hash; without a wish a row that needs no dimensions is version 1, as it was first frozen.
 * @throws when the table is malformed
 */
export function toTerms(named: LicenceRow, wish: TermsWish = {}): Terms {
  const declarations = wish.declarations ?? {};
  const licence = rowFor(named, declarations);
  const declared = declare(licence, declarations, parseCell);
  const cells = licence.row.split('|').map(parseCell);
  if (cells.length !== USES.length) throw new Error(`${licence.id} has ${cells.length} cells for ${USES.length} uses.`);
  const uses = Object.fromEntries(
    USES.map((use, i) => [use, declared.rules[use] ?? toRule(licence, use, cells[i] ?? parseCell('U'))]),
  ) as Record<Use, TermsRule>;
  const dimensions = dimensionsOf(licence, wish);
  const clauses = { ...licence.clauses, ...declared.clauses, ...(dimensions && limitClauses(dimensions, wish)) };
  const text = wholeText(licence, clauses);
  return termsSchema.parse({
    v: dimensions ? 2 : 1,
    template: licence.id,
    title: licence.title,
    summary: licence.summary,
    scope: 'data',
    uses,
    clauses,
    text: { sha256: sha256Of(text), url: licence.url },
    territory: wish.territory ?? null,
    termDays: wish.termDays ?? licence.termDays ?? null,
    seats: wish.seats ?? licence.seats ?? null,
    exclusivity: licence.exclusivity ?? 'none',
    ...(dimensions && { dimensions }),
  });
}

/** What version 2 adds, or null where neither the row nor the provider says anything of it. */
function dimensionsOf(licence: LicenceRow, wish: TermsWish): Dimensions | null {
  if (!licence.dimensions && Object.keys(wish).length === 0) return null;
  const own: Dimensions = { ...NO_DIMENSIONS, ...licence.dimensions };
  return {
    ...own,
    field: {
      allow: wish.fields ? [...wish.fields] : own.field.allow,
      deny: [...own.field.deny, ...(wish.deniedFields ?? [])],
      // A limit that a provider adds to a template without one holds for every use.
      uses: own.field.uses.length > 0 ? own.field.uses : [...USES],
    },
    blockedTerritory: [...(wish.blockedTerritory ?? own.blockedTerritory)],
    personalData: wish.personalData ?? own.personalData,
    models: own.models,
    endOfTerm: endOfTermOf(licence),
    declarations: wish.declarations ?? {},
  };
}

/** Copies go with the access, unless the data was given for good. */
function endOfTermOf(licence: LicenceRow): Duty[] {
  return licence.termDays === undefined ? [] : ['within_term', 'delete_at_end'];
}

function limitClauses({ field, blockedTerritory }: Dimensions, wish: TermsWish): Record<string, Bilingual> {
  const named = (codes: readonly FieldOfUse[], language: 'en' | 'zh'): string =>
    codes.map((code) => FIELD_TITLES[code][language]).join(language === 'en' ? ', ' : '、') || '–';
  const clauses: Record<string, Bilingual> = {};
  if (field.allow || field.deny.length > 0) {
    const [only, never] = [field.allow, field.deny];
    clauses[FIELD_CLAUSE] = {
      en: [
        ...(only ? [`Granted only in these fields of use: ${named(only, 'en')}.`] : []),
        ...(never.length > 0 ? [`Never granted in these fields of use: ${named(never, 'en')}.`] : []),
      ].join(' '),
      zh: [
        ...(only ? [`仅限以下应用领域：${named(only, 'zh')}。`] : []),
        ...(never.length > 0 ? [`不得用于以下应用领域：${named(never, 'zh')}。`] : []),
      ].join(''),
    };
  }
  if (wish.territory || blockedTerritory.length > 0) {
    const [only, never] = [wish.territory?.join(', '), blockedTerritory.join(', ')];
    clauses[TERRITORY_CLAUSE] = {
      en: [...(only ? [`Only in ${only}.`] : []), ...(never ? [`Never in ${never}.`] : [])].join(' '),
      zh: [...(only ? [`仅限地域：${only}。`] : []), ...(never ? [`禁止地域：${never}。`] : [])].join(''),
    };
  }
  return clauses;
}

/** Whether the terms permit any use at all; an offer that grants nothing is no offer. */
export function permitsAnything(terms: Terms): boolean {
  return USES.some((use) => isPermitted(terms.uses[use].verdict));
}
