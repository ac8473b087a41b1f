/** Longer words are no words; a tsvector lexeme may have 2,046 bytes. */
const WORD_MAX = 64;
/** Scripts written without spaces, indexed by characters and pairs of characters. */
const RUNS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[\p{L}\p{N}]+/gu;
const UNSPACED = /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u;
const HAS_UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+|[^\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/gu;

/** A stretch of text: a word of an alphabetic script, or a run of characters of a script without spaces. */
export interface Run {
  readonly text: string;
  readonly isSpaced: boolean;
}

/** Full-width and composed forms made one, case and accents dropped: the form in which all text is compared. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mn}/gu, '')
    .normalize('NFKC')
    .toLowerCase();
}

/** The runs of a text in their order; everything else (blanks, punctuation) only parts them. */
export function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  for (const [match] of foldText(text).matchAll(RUNS)) {
    for (const [part] of match.matchAll(HAS_UNSPACED)) {
      const isSpaced = !UNSPACED.test(part);
      runs.push({ text: isSpaced ? part.slice(0, WORD_MAX) : part, isSpaced });
    }
  }
  return runs;
}

/** Neighbouring characters as pairs; a single character stands for itself. */
export function bigramsOf(run: string): string[] {
  const characters = [...run];
  if (characters.length === 1) return characters;
  return characters.slice(1).map((character, i) => (characters[i] ?? '') + character);
}

/** Endings and how many letters must remain: "cups" is cup, but "care" is not a form of car. */
const ENDINGS: readonly (readonly [ending: string, remain: number])[] = [
  ['ations', 4],
  ['ation', 4],
  ['ings', 4],
  ['ing', 4],
  ['ers', 4],
  ['ies', 3],
  ['ed', 4],
  ['es', 4],
  ['er', 4],
  ['s', 3],
  ['e', 4],
];

/**
 * The beginning that an English word shares with its other forms, for a search by prefix: grasp for grasping, plac for
 * placing and place, grip for gripper. Always a prefix of the word.
 */
export function stemOf(word: string): string {
  if (!/^[a-z]+$/.test(word) || word.endsWith('ss')) return word;
  for (const [ending, remain] of ENDINGS) {
    if (!word.endsWith(ending) || word.length - ending.length < remain) continue;
    const stem = word.slice(0, -ending.length);
    return /([bdgmnprt])\1$/.test(stem) && stem.length > remain ? stem.slice(0, -1) : stem;
  }
  return word;
}

/**
 * What a document is found by: every word, every pair of characters of an unspaced script, and the last character of each
 * run. A single character is then searched as a beginning (of a pair or of that last one), at half the index.
 */
export function lexemesOf(texts: readonly string[]): Set<string> {
  const lexemes = new Set<string>();
  for (const text of texts) {
    for (const { text: run, isSpaced } of runsOf(text)) {
      if (isSpaced) {
        lexemes.add(run);
        continue;
      }
      const last = [...run].at(-1);
      if (last !== undefined) lexemes.add(last);
      for (const bigram of bigramsOf(run)) lexemes.add(bigram);
    }
  }
  return lexemes;
}

/** The alphabetic words of a document: what typing errors are corrected to. */
export function wordsOf(texts: readonly string[]): Set<string> {
  const words = new Set<string>();
  for (const text of texts) {
    for (const { text: run, isSpaced } of runsOf(text)) if (isSpaced && /^\p{L}{3,}$/u.test(run)) words.add(run);
  }
  return words;
}

/** Lexemes are letters and digits alone, so no parser and no escaping decides what is indexed. */
export function toTsvector(lexemes: Iterable<string>): string {
  return [...lexemes].map((lexeme) => `'${lexeme}'`).join(' ');
}
