import type { EpisodeFilter } from '@app/client';
import { CliErrors } from '../cli.errors.js';

const HOW = 'write outcome=success, outcome=failure, duration>=2.5 or duration<=10, joined by commas';

/** Reads `outcome=success,duration>=2.5` (seconds). @throws CLI_BAD_USAGE */
export function parseEpisodeFilter(text: string): EpisodeFilter {
  const filter: { -readonly [K in keyof EpisodeFilter]: EpisodeFilter[K] } = {};
  for (const piece of text.split(',')) {
    const outcome = /^\s*outcome\s*=\s*(success|failure)\s*$/i.exec(piece)?.[1];
    const duration = /^\s*duration\s*(>=|<=)\s*(\d{1,9}(?:\.\d{1,6})?)\s*s?\s*$/i.exec(piece);
    if (outcome !== undefined) filter.outcome = outcome.toLowerCase() === 'success' ? 'SUCCESS' : 'FAILURE';
    else if (duration?.[1] === '>=') filter.minDurationS = Number(duration[2]);
    else if (duration) filter.maxDurationS = Number(duration[2]);
    else throw CliErrors.BAD_USAGE({ reason: `"${piece.trim()}" is not a condition on episodes: ${HOW}.` });
  }
  return filter;
}
