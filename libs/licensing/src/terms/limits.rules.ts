import { complianceBars } from './compliance.rules.js';
import type { Bar } from './compliance.rules.js';
import { FIELD_CLAUSE, TERRITORY_CLAUSE } from './limit-clauses.js';
import type { Terms } from './terms.js';
import type { UseContext } from './use-context.js';
import type { Use } from './uses.js';

/** What the terms limit beside the table of uses: field, territory, and the consent that was frozen with them. */
export function limitBars(terms: Terms, use: Use, context: UseContext): Bar[] {
  const bars: Bar[] = [];
  const limit = (id: string, fact: 'field' | 'territory', isGiven: boolean): void => {
    const text = terms.clauses[id] ?? { en: `Limited by ${fact}.`, zh: `受 ${fact} 限制。` };
    bars.push({
      verdict: isGiven ? 'FORBIDDEN' : 'UNDECIDED',
      clause: { id, ...text },
      resolve: isGiven ? null : { by: 'buyer', what: fact },
    });
  };
  const { territory, field } = context;
  const blocked = terms.v === 2 ? terms.dimensions.blockedTerritory : [];
  const isLimited = terms.territory !== null || blocked.length > 0;
  const isOutside =
    territory === undefined || terms.territory?.includes(territory) === false || blocked.includes(territory);
  if (isLimited && isOutside) limit(TERRITORY_CLAUSE, 'territory', territory !== undefined);
  if (terms.v === 1) return bars;
  const { allow, deny, uses } = terms.dimensions.field;
  if ((allow !== null || deny.length > 0) && uses.includes(use)) {
    const isBarred = field === undefined || allow?.includes(field) === false || deny.includes(field);
    if (isBarred) limit(FIELD_CLAUSE, 'field', field !== undefined);
  }
  const { kind, consentScope } = terms.dimensions.personalData;
  if (kind === 'with_consent')
    bars.push(...complianceBars({ personalData: kind, consentScope: consentScope ?? [] }, use, context));
  return bars;
}
