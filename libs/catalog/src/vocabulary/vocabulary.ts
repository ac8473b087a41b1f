import { readFileSync } from 'node:fs';
import { z } from 'zod';

/** One controlled term. Codes are stable and never deleted; a term that should not be used any more names its successor. */
export interface VocabularyTerm {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  /** Code of the group that the term belongs to, in the same kind. */
  readonly parent?: string;
  /** Other words that people search by. */
  readonly synonymsZh?: readonly string[];
  readonly synonymsEn?: readonly string[];
  /** Set when new datasets should not use the term; `replacedBy` is the code to use instead. */
  readonly deprecated?: { readonly since: number; readonly replacedBy?: string };
}

export interface VocabularyKind {
  readonly kind: string;
  readonly zh: string;
  readonly en: string;
  readonly terms: readonly VocabularyTerm[];
}

export interface Vocabulary {
  readonly version: number;
  readonly kinds: readonly VocabularyKind[];
}

export interface Labels {
  readonly zh: string;
  readonly en: string;
}

const code = z.string().regex(/^([a-z0-9][a-z0-9_]*|[A-Z])$/, 'must be ASCII snake_case');
const label = z.string().trim().min(1);

const termSchema = z.strictObject({
  code,
  zh: label,
  en: label,
  parent: code.optional(),
  synonymsZh: z.array(label).min(1).optional(),
  synonymsEn: z.array(label).min(1).optional(),
  deprecated: z.strictObject({ since: z.number().int().min(2), replacedBy: code.optional() }).optional(),
});

const vocabularySchema = z.strictObject({
  version: z.number().int().min(1),
  kinds: z.array(z.strictObject({ kind: code, zh: label, en: label, terms: z.array(termSchema).min(1) })).min(1),
});

/** A vocabulary file, checked: shape, unique codes, parents and successors that exist. @throws with every problem found */
export function parseVocabulary(text: string): Vocabulary {
  const result = vocabularySchema.safeParse(JSON.parse(text));
  if (!result.success) throw new Error(`The vocabulary is malformed: ${z.prettifyError(result.error)}`);
  const problems: string[] = [];
  const kinds = new Set<string>();
  for (const { kind, terms } of result.data.kinds) {
    if (kinds.has(kind)) problems.push(`kind ${kind} stands twice`);
    kinds.add(kind);
    const codes = new Set<string>();
    for (const term of terms) {
      if (codes.has(term.code)) problems.push(`${kind}.${term.code} stands twice`);
      codes.add(term.code);
    }
    for (const term of terms) {
      for (const other of [term.parent, term.deprecated?.replacedBy]) {
        if (other !== undefined && (other === term.code || !codes.has(other))) {
          problems.push(`${kind}.${term.code} refers to "${other}"`);
        }
      }
    }
  }
  if (problems.length) throw new Error(`The vocabulary contradicts itself: ${problems.join('; ')}.`);
  return result.data;
}

/** The vocabulary of this release. The file is data: a new term is a new version of it, not a change of code. */
export const VOCABULARY: Vocabulary = parseVocabulary(
  readFileSync(new URL('./vocabulary.v1.json', import.meta.url), 'utf8'),
);

const termsByKind = new Map(
  VOCABULARY.kinds.map(({ kind, terms }) => [kind, new Map(terms.map((term) => [term.code, term]))]),
);

/** Names of the kinds, in the order of the file. */
export const VOCABULARY_KINDS: readonly string[] = VOCABULARY.kinds.map(({ kind }) => kind);

/** Terms of a kind in the order of the file, or undefined when there is no such kind. */
export function vocabularyOf(kind: string): VocabularyKind | undefined {
  return VOCABULARY.kinds.find((candidate) => candidate.kind === kind);
}

/** Whether the code is a term of the kind, deprecated or not: what was once valid stays readable. */
export function isTerm(kind: string, code: string): boolean {
  return termsByKind.get(kind)?.has(code) ?? false;
}

/** Both labels of a term, or null when the code is none of the kind. */
export function labelsOf(kind: string, code: string): Labels | null {
  const term = termsByKind.get(kind)?.get(code);
  return term ? { zh: term.zh, en: term.en } : null;
}
