import type { EpisodeSpan } from './contributor.rules.js';

/** Spans of a multirange as the database writes it, `{[0,3),[7,8)}`. */
export function spansOf(multirange: string): EpisodeSpan[] {
  return [...multirange.matchAll(/\[(\d+),(\d+)\)/g)].map(([, first, end]) => [Number(first), Number(end) - 1]);
}
