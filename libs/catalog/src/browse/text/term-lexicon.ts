import { VOCABULARY } from '../../vocabulary/vocabulary.js';
import type { VocabularyTerm } from '../../vocabulary/vocabulary.js';
import { runsOf } from './lexemes.js';
import type { Run } from './lexemes.js';

/** Kinds whose terms people search by. Others hold words like "low" or "none" that mean nothing in a search. */
const SEARCHED_KINDS = new Set([
  'task_family',
  'atomic_skill',
  'scene',
  'embodiment_class',
  'end_effector',
  'modality',
  'collection_method',
  'reality',
]);
const NOT_SEARCHED = new Set(['none', 'mixed']);

/** The unit that terms are matched by: one word, or one character of an unspaced script. */
export type Token = Run;

export function tokensOf(text: string): Token[] {
  return runsOf(text).flatMap((run): Token[] =>
    run.isSpaced ? [run] : [...run.text].map((character) => ({ text: character, isSpaced: false })),
  );
}

const keyOf = (tokens: readonly Token[]): string => tokens.map(({ text }) => text).join(' ');

function formsOf(term: VocabularyTerm): string[] {
  return [term.zh, term.en, ...(term.synonymsZh ?? []), ...(term.synonymsEn ?? [])];
}

/** Every way of writing the searched terms, with all the ways of writing what it may mean, in both languages. */
class TermLexicon {
  private readonly forms = new Map<string, Set<string>>();
  private longest = 1;
  /** Alphabetic words of the terms: known however rare they are in the texts. */
  readonly words = new Set<string>();

  constructor() {
    for (const { kind, terms } of VOCABULARY.kinds) {
      if (!SEARCHED_KINDS.has(kind)) continue;
      for (const term of terms) if (!NOT_SEARCHED.has(term.code)) this.addTerm(formsOf(term));
    }
  }

  /** The longest term that starts at a token, as how many tokens it takes and the ways of writing it; null = none. */
  match(tokens: readonly Token[], start: number): { length: number; forms: readonly string[] } | null {
    for (let length = Math.min(this.longest, tokens.length - start); length > 0; length--) {
      const forms = this.forms.get(keyOf(tokens.slice(start, start + length)));
      if (forms) return { length, forms: [...forms] };
    }
    return null;
  }

  /** All ways of writing what the word means; the word alone when it is no term. */
  formsOf(word: string): readonly string[] {
    return [...(this.forms.get(word) ?? [word])];
  }

  private addTerm(forms: readonly string[]): void {
    for (const form of forms) {
      const tokens = tokensOf(form);
      if (tokens.length === 0) continue;
      this.longest = Math.max(this.longest, tokens.length);
      for (const { text, isSpaced } of tokens) if (isSpaced && /^\p{L}{3,}$/u.test(text)) this.words.add(text);
      const key = keyOf(tokens);
      const known = this.forms.get(key) ?? new Set<string>();
      for (const other of forms) known.add(other);
      this.forms.set(key, known);
    }
  }
}

export const TERM_LEXICON = new TermLexicon();
