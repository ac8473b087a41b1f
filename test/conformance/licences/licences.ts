import { canI } from '../../../libs/licensing/src/terms/can-i.rules.js';
import type { UseAnswer } from '../../../libs/licensing/src/terms/can-i.rules.js';
import { DUTY_OF_CODE } from '../../../libs/licensing/src/terms/duties.js';
import { findLicence, toTerms } from '../../../libs/licensing/src/terms/template.rules.js';
import type { TermsWish } from '../../../libs/licensing/src/terms/template.rules.js';
import type { Terms } from '../../../libs/licensing/src/terms/terms.js';
import type { UseContext } from '../../../libs/licensing/src/terms/use-context.js';

/** Terms of a licence by its name, with what the provider adds. */
export function termsOf(name: string, wish?: TermsWish): Terms {
  const licence = findLicence(name);
  if (!licence) throw new Error(`There is no licence "${name}".`);
  return toTerms(licence, wish);
}

const LETTER = { ALLOWED: 'A', ALLOWED_WITH_DUTIES: 'D', UNDECIDED: 'U', FORBIDDEN: 'F' } as const;
const CODE_OF = new Map(Object.entries(DUTY_OF_CODE).map(([code, duty]) => [duty, code]));

export const letterOf = ({ verdict }: Pick<UseAnswer, 'verdict'>): string => LETTER[verdict];

/** As the table writes it: `A`, `D at,nt`, `U`, `F`. */
export function cellOf(answer: Pick<UseAnswer, 'verdict' | 'duties'>): string {
  const duties = answer.duties.map((duty) => CODE_OF.get(duty) ?? duty).join(',');
  return duties ? `${letterOf(answer)} ${duties}` : letterOf(answer);
}

export const ask = (name: string, use: string, context: UseContext = {}, wish?: TermsWish): UseAnswer =>
  canI(termsOf(name, wish), use, context);
