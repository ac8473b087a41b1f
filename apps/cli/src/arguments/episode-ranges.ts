import { CliErrors } from '../cli.errors.js';

/** More would not fit into one question to the market; take the whole version instead. */
const MOST_EPISODES = 100_000;

/** Reads `0-99,120` into ascending indices without doubles. @throws CLI_BAD_USAGE */
export function parseEpisodes(text: string): number[] {
  const chosen = new Set<number>();
  for (const piece of text.split(',')) {
    const match = /^\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*$/.exec(piece);
    if (!match)
      throw CliErrors.BAD_USAGE({ reason: `"${piece}" is not an episode or a range: write for example 0-99,120.` });
    const from = Number(match[1]);
    const to = match[2] === undefined ? from : Number(match[2]);
    if (to < from) throw CliErrors.BAD_USAGE({ reason: `The range ${piece.trim()} runs backwards.` });
    if (to - from >= MOST_EPISODES || chosen.size + (to - from) >= MOST_EPISODES + 1) {
      throw CliErrors.BAD_USAGE({
        reason: `More than ${MOST_EPISODES} episodes at once; leave --episodes out to take all.`,
      });
    }
    for (let index = from; index <= to; index++) chosen.add(index);
  }
  return [...chosen].sort((a, b) => a - b);
}

/** The inverse, as people write it: `0-99,120`. */
export function formatEpisodes(indices: readonly number[]): string {
  const pieces: string[] = [];
  for (let i = 0; i < indices.length;) {
    let end = i;
    while (indices[end + 1] === (indices[end] ?? NaN) + 1) end++;
    pieces.push(end === i ? String(indices[i]) : `${indices[i]}-${indices[end]}`);
    i = end + 1;
  }
  return pieces.join(',');
}
