import { DECLARED_EFFECTS } from './declarations.js';
import type { Declarations } from './declarations.js';
import type { Duty } from './duties.js';
import type { LicenceRow } from './licence-table.js';
import type { Bilingual, TermsRule } from './terms.js';
import { USES } from './uses.js';
import type { Use, Verdict } from './uses.js';

/** Cells that declarations fill, and the clauses that they bring. */
export interface Declared {
  readonly rules: Partial<Record<Use, TermsRule>>;
  readonly clauses: Record<string, Bilingual>;
  /** Declarations that speak to nothing in this licence: they would promise what they do not change. */
  readonly idle: readonly string[];
}

type ParseCell = (cell: string) => { readonly verdict: Verdict; readonly duties: Duty[] };

/** Uses in which something leaves the licensee: under the Montreal licence each carries its origin. */
const OUTWARD: readonly Use[] = [
  'release_weights_open',
  'commercialise_model_output',
  'embed_in_product',
  'redistribute_data',
  'redistribute_derivative_data',
  'benchmark_publication',
];

/** What the declarations of the rightsholder make of a licence. */
export function declare(licence: LicenceRow, declarations: Declarations, parseCell: ParseCell): Declared {
  const rules: Partial<Record<Use, TermsRule>> = {};
  const clauses: Record<string, Bilingual> = {};
  const effective = new Set<string>();
  for (const { declaration, value, licences, use, cell } of DECLARED_EFFECTS) {
    const said = declarations[declaration];
    const isSaid = typeof said === 'string' ? said === value : (said?.some((one) => one === value) ?? false);
    if (!isSaid || !licences.includes(licence.id)) continue;
    const clause = `declared ${declaration}`;
    const values = typeof said === 'string' ? said : (said ?? []).join(', ');
    clauses[clause] = {
      en: `The rightsholder declares beside the licence: ${declaration} = ${values}.`,
      zh: `权利人在许可之外声明：${declaration} = ${values}。`,
    };
    const { verdict, duties } = parseCell(cell);
    rules[use] = { verdict, duties, clause };
    effective.add(declaration);
  }
  const map = licence.id === 'LicenseRef-Montreal-1.0' ? 'mdl_grid' : 'custom_map';
  if (licence.isMapped && declarations[map]) {
    effective.add(map);
    fillGrid(declarations[map], map, rules, clauses);
  }
  if (licence.id.startsWith('ODbL-1.0') && declarations.contents_licence) {
    effective.add('contents_licence');
    clauses['declared contents_licence'] = {
      en: `The rightsholder licenses the contents of the database under ${declarations.contents_licence}.`,
      zh: `权利人以 ${declarations.contents_licence} 许可数据库的内容。`,
    };
  }
  return { rules, clauses, idle: Object.keys(declarations).filter((name) => !effective.has(name)) };
}

function fillGrid(
  grid: NonNullable<Declarations['mdl_grid']>,
  map: 'mdl_grid' | 'custom_map',
  rules: Partial<Record<Use, TermsRule>>,
  clauses: Record<string, Bilingual>,
): void {
  for (const use of USES) {
    const cell = grid[use];
    if (!cell) continue;
    const clause = `${map} ${use}`;
    clauses[clause] = { en: `“${cell.quote}”`, zh: `“${cell.quote}”` };
    const origin: Duty[] = map === 'mdl_grid' && OUTWARD.includes(use) ? ['attribution'] : [];
    const duties = cell.isGranted ? [...new Set([...origin, ...(cell.duties ?? [])])] : [];
    const granted = duties.length > 0 ? 'ALLOWED_WITH_DUTIES' : 'ALLOWED';
    rules[use] = { verdict: cell.isGranted ? granted : 'FORBIDDEN', duties, clause };
  }
  if (map === 'custom_map') return;
  // A grid speaks to every use by its silence, except within one control, which is no third party (section 1(g)).
  clauses['Montreal §2(d)'] = {
    en: 'Section 2(d): a right that is not ticked is withheld.',
    zh: '第 2(d) 条：未勾选的权利不予授予。',
  };
  const isAnyGranted = Object.values(grid).some((cell) => cell.isGranted);
  for (const use of USES) {
    if (rules[use]) continue;
    const isInside = use === 'internal_copy' || use === 'share_with_affiliate';
    rules[use] = { verdict: isInside && isAnyGranted ? 'ALLOWED' : 'FORBIDDEN', duties: [], clause: 'Montreal §2(d)' };
  }
}
