import { FIELD_NUMBERS } from '../terms/fields-of-use.js';
import type { FieldOfUse } from '../terms/fields-of-use.js';
import type { Terms } from '../terms/terms.js';
import { isPermitted } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';

/** Uses that exclusivity in a field is about: looking, research and copies within the house are in nobody's way. */
export const COMMERCIAL_USES = [
  'commercial_training',
  'fine_tune',
  'commercialise_model_output',
  'embed_in_product',
] as const satisfies readonly Use[];

/** Fields of use: those named, or all but those named, later ones included. */
export interface HeldFields {
  readonly kind: 'only' | 'all_but';
  readonly fields: readonly FieldOfUse[];
}

const NOTHING: HeldFields = { kind: 'only', fields: [] };

/** The fields in which the terms open any commercial use. */
export function heldFieldsOf(terms: Terms): HeldFields {
  let held = NOTHING;
  for (const use of COMMERCIAL_USES) held = union(held, fieldsOfUse(terms, use));
  return held;
}

function fieldsOfUse(terms: Terms, use: Use): HeldFields {
  const rule = terms.uses[use];
  const isOpen = [rule, ...(rule.cases ?? [])].some(({ verdict }) => isPermitted(verdict));
  if (!isOpen) return NOTHING;
  if (terms.v === 1 || !terms.dimensions.field.uses.includes(use)) return { kind: 'all_but', fields: [] };
  const { allow, deny } = terms.dimensions.field;
  return allow === null
    ? { kind: 'all_but', fields: deny }
    : { kind: 'only', fields: allow.filter((field) => !deny.includes(field)) };
}

function union(a: HeldFields, b: HeldFields): HeldFields {
  if (a.kind === 'only' && b.kind === 'only') return { kind: 'only', fields: [...new Set([...a.fields, ...b.fields])] };
  const [open, other] = a.kind === 'all_but' ? [a, b] : [b, a];
  const isOpened = (field: FieldOfUse): boolean => other.fields.includes(field) === (other.kind === 'only');
  return { kind: 'all_but', fields: open.fields.filter((field) => !isOpened(field)) };
}

/** The fields as PostgreSQL reads an `int4multirange`. */
export function toMultirange({ kind, fields }: HeldFields): string {
  const numbers = fields.map((field) => FIELD_NUMBERS[field]).sort((a, b) => a - b);
  if (kind === 'only') return `{${numbers.map((n) => `[${n},${n}]`).join(',')}}`;
  const edges = [null, ...numbers, null];
  return `{${edges
    .slice(1)
    .map((to, i) => `(${edges[i] ?? ''},${to ?? ''})`)
    .join(',')}}`;
}

/** Whether it keeps nothing from anybody. */
export function isNothing({ kind, fields }: HeldFields): boolean {
  return kind === 'only' && fields.length === 0;
}
