import type { DeclaredFacts } from '../declared.js';

/** Codes of the vocabulary's `consent_scope`. */
export type ConsentScope = 'research' | 'commercial' | 'redistribution' | 'derived_model';

/** Licences whose own text settles scope, redistribution, derived models, territory and term. */
const WHOLE_TEXT =
  /^(CC0-1\.0|CC-BY(-NC)?(-SA|-ND)?-[1-4]\.0|PDDL-1\.0|ODC-By-1\.0|ODbL-1\.0|CDLA-(Permissive|Sharing)-[12]\.0|O-UDA-1\.0|C-UDA-1\.0|MIT|Apache-2\.0|BSD-[23]-Clause|LicenseRef-Bodega-[A-Za-z]+(-[0-9.]+)?)$/i;

/** The name of the declared licence, or null where terms are spelled out without one. */
export function licenceName({ license }: DeclaredFacts): string | null {
  return typeof license === 'string' ? license : (license?.terms ?? null);
}

export const isWholeText = (name: string): boolean => WHOLE_TEXT.test(name.trim());

/** What people who are seen in the data must have agreed to, so that it may be given under its licence. */
export function neededConsent({ license }: DeclaredFacts): ConsentScope[] {
  const name = typeof license === 'string' ? license : license?.terms;
  if (name !== undefined && name !== null && isWholeText(name)) return neededBy(name.trim().toUpperCase());
  if (typeof license === 'string' || !license) return [];
  const needed: ConsentScope[] = [];
  if (license.usageScope?.some((use) => use.startsWith('research'))) needed.push('research');
  if (license.usageScope?.some((use) => /commerc|product|fine_tune/.test(use))) needed.push('commercial');
  if (license.redistribution === 'allowed') needed.push('redistribution');
  if (license.derivedModelRights !== undefined) needed.push('derived_model');
  return needed;
}

function neededBy(name: string): ConsentScope[] {
  if (/^LICENSEREF-BODEGA-(EVALUATION|RESEARCH)/.test(name)) return ['research'];
  if (name.startsWith('LICENSEREF-BODEGA-')) return ['commercial', 'derived_model'];
  if (/-NC\b/.test(name)) return ['research', 'redistribution'];
  return ['research', 'commercial', 'redistribution', 'derived_model'];
}
