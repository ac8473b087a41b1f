import { bigramsOf, runsOf, stemOf } from './lexemes.js';
import type { KnownWords } from './spelling.js';
import { TERM_LEXICON, tokensOf } from './term-lexicon.js';
import type { Token } from './term-lexicon.js';

/** More pieces than this say nothing more, and cost. */
const PIECES_MAX = 12;
/** Words that carry no meaning of their own; searched for only when nothing else is left. */
const EMPTY_WORDS = new Set(
  'a an and at by for from in into of on or the to using via with 的 了 和 与 及 在 用 是'.split(' '),
);

/** One thing that a document must contain, in any of its forms. */
export interface Piece {
  /** As it was typed (folded). */
  readonly typed: string;
  /** Forms that count as it; empty = no text can contain it. */
  readonly forms: readonly string[];
  /** A single word that no term and no frequent text has: perhaps rare, perhaps mistyped. */
  readonly isUnknown: boolean;
}

export interface Correction {
  readonly typed: string;
  readonly used: readonly string[];
}

/** How a text was read: what the page shows as "searched for … instead" and "nothing contains …". */
export interface TextPlan {
  readonly corrected: readonly Correction[];
  readonly dropped: readonly string[];
}

const segmenter = new Intl.Segmenter('zh', { granularity: 'word' });

function freePieces(tokens: readonly Token[], words: KnownWords): Piece[] {
  const pieces: Piece[] = [];
  let run = '';
  const closeRun = (): void => {
    for (const { segment } of run === '' ? [] : segmenter.segment(run))
      pieces.push({ typed: segment, forms: [segment], isUnknown: false });
    run = '';
  };
  for (const { text, isSpaced } of tokens) {
    if (!isSpaced) {
      run += text;
      continue;
    }
    closeRun();
    pieces.push({ typed: text, forms: [text], isUnknown: !TERM_LEXICON.words.has(text) && !words.knows(text) });
  }
  closeRun();
  return pieces;
}

/**
 * Cuts what was typed into pieces: the vocabulary's terms first, longest match, with their forms in both languages; the
 * rest into words. Intl.Segmenter only plans here: it splits our terms badly and so is never what is indexed.
 */
export function planText(text: string, words: KnownWords): Piece[] {
  const tokens = tokensOf(text);
  const pieces: Piece[] = [];
  let free: Token[] = [];
  const closeFree = (): void => {
    pieces.push(...freePieces(free, words));
    free = [];
  };
  for (let i = 0; i < tokens.length;) {
    const term = TERM_LEXICON.match(tokens, i);
    if (!term) {
      const token = tokens[i++];
      if (token) free.push(token);
      continue;
    }
    closeFree();
    const typed = tokens
      .slice(i, i + term.length)
      .map((token) => token.text)
      .join(tokens[i]?.isSpaced ? ' ' : '');
    pieces.push({ typed, forms: [...new Set([typed, ...term.forms])], isUnknown: false });
    i += term.length;
  }
  closeFree();
  const distinct = pieces
    .filter((piece, i) => pieces.findIndex(({ typed }) => typed === piece.typed) === i)
    .slice(0, PIECES_MAX);
  const meaningful = distinct.filter(({ typed }) => !EMPTY_WORDS.has(typed));
  return meaningful.length ? meaningful : distinct;
}

/** One thing that must be there: a word's beginning, a pair of characters, or a character anywhere. */
interface Part {
  readonly lexeme: string;
  readonly kind: 'word' | 'pair' | 'character';
}

function partsOf(form: string): Part[] {
  return runsOf(form).flatMap(({ text, isSpaced }): Part[] => {
    if (isSpaced) return [{ lexeme: stemOf(text), kind: 'word' }];
    const bigrams = bigramsOf(text);
    return bigrams.map((lexeme) => ({
      lexeme,
      kind: lexeme === text && [...text].length === 1 ? 'character' : 'pair',
    }));
  });
}

/** Whether a text that holds `a` holds `b` too. */
function implies(a: Part, b: Part): boolean {
  if (b.kind === 'word') return a.kind === 'word' && a.lexeme.startsWith(b.lexeme);
  return a.kind !== 'word' && a.lexeme.includes(b.lexeme);
}

const covers = (wide: readonly Part[], narrow: readonly Part[]): boolean =>
  wide.every((b) => narrow.some((a) => implies(a, b)));

/**
 * Leaves out forms that another form finds anyway ("dexterous hand" finds every "three-finger dexterous hand"): the database
 * weighs each candidate against the whole condition, so half the condition is half the time.
 */
function distinctForms(forms: readonly (readonly Part[])[]): (readonly Part[])[] {
  const kept: (readonly Part[])[] = [];
  for (const form of [...forms].sort((a, b) => a.length - b.length)) {
    if (form.length > 0 && !kept.some((wide) => covers(wide, form))) kept.push(form);
  }
  return kept.filter((form) => !kept.some((wide) => wide !== form && covers(wide, form)));
}

const toLexeme = ({ lexeme, kind }: Part): string => (kind === 'pair' ? `'${lexeme}'` : `'${lexeme}':*`);

/** The tsquery of a piece; null when it holds no letter or digit. */
export function pieceQuery(piece: Piece): string | null {
  const forms = distinctForms(piece.forms.map(partsOf)).map((parts) => [...new Set(parts.map(toLexeme))].join(' & '));
  return forms.length ? `(${forms.map((form) => `(${form})`).join(' | ')})` : null;
}

/** The tsquery of the piece exactly as it was typed so far: what an unknown word must find to be taken as meant. */
export function literalQuery({ typed }: Piece): string | null {
  const parts = runsOf(typed).flatMap((run): Part[] =>
    run.isSpaced ? [{ lexeme: run.text, kind: 'word' }] : partsOf(run.text),
  );
  return parts.length ? parts.map(toLexeme).join(' & ') : null;
}

/** The tsquery that all pieces hold; null when there is none. */
export function planQuery(pieces: readonly Piece[]): string | null {
  const queries = pieces.map(pieceQuery).filter((query) => query !== null);
  return queries.length ? queries.join(' & ') : null;
}
