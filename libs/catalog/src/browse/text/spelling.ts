/** Shorter words have too many neighbours. */
const CORRECTED_MIN = 4;
const TWO_ERRORS_MIN = 7;
/** How many equally near words one typing error may stand for. */
const NEAREST_MAX = 2;

/** Insertions, deletions, substitutions and swaps of neighbours between two words; `limit + 1` once it is above the limit. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min((above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (above[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      row.push(value);
      best = Math.min(best, value);
    }
    if (best > limit) return limit + 1;
    before = above;
    above = row;
  }
  return Math.min(above[b.length] ?? limit + 1, limit + 1);
}

/** Words that texts of the catalogue use often enough to be trusted, by first letter. */
export class KnownWords {
  private readonly byLetter = new Map<string, Set<string>>();

  constructor(words: Iterable<string> = []) {
    for (const word of words) this.add(word);
  }

  add(word: string): void {
    const letter = word[0] ?? '';
    const words = this.byLetter.get(letter);
    if (words) words.add(word);
    else this.byLetter.set(letter, new Set([word]));
  }

  /** Whether the word, or one that begins with it, is known. */
  knows(typed: string): boolean {
    const words = this.byLetter.get(typed[0] ?? '');
    if (!words) return false;
    if (words.has(typed)) return true;
    for (const word of words) if (word.startsWith(typed)) return true;
    return false;
  }

  /**
   * What a mistyped word may have meant: the one or two nearest known words with the same first letter, one error away, or
   * two in a long word. Empty when it is too short, holds digits, or is near to nothing.
   */
  nearest(typed: string): string[] {
    if (typed.length < CORRECTED_MIN || !/^\p{L}+$/u.test(typed)) return [];
    const limit = typed.length >= TWO_ERRORS_MIN ? 2 : 1;
    let best = limit + 1;
    let found: string[] = [];
    for (const word of this.byLetter.get(typed[0] ?? '') ?? []) {
      if (word.length < CORRECTED_MIN) continue;
      const distance = editDistance(typed, word, Math.min(best, limit));
      if (distance < best) {
        best = distance;
        found = [word];
      } else if (distance === best && distance <= limit) found.push(word);
    }
    // Of equals the one that shares the longest beginning: people get the start right.
    const shared = (word: string): number => [...word].findIndex((letter, i) => letter !== typed[i]);
    return found.sort((a, b) => shared(b) - shared(a) || (a < b ? -1 : 1)).slice(0, NEAREST_MAX);
  }
}
