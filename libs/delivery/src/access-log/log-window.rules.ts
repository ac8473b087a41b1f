/** `2026-11-20-10-00-00`, as stores name delivered log objects, in UTC. */
const STAMP = /(\d{4})-(\d{2})-(\d{2})-(\d{2})-(\d{2})-(\d{2})-[^/]*$/;

/**
 * How far behind the newest counted object every look begins. Several writers of one store deliver side by side, so a key may
 * appear after one that sorts behind it; minutes cover their clocks and their haste.
 */
export const LOOK_BACK_MS = 15 * 60_000;

/** How far behind the hourly second look begins: Amazon calls delivery best effort and late. */
export const SECOND_LOOK_BACK_MS = 7 * 24 * 3_600_000;

/**
 * The key behind which to list, so that nothing delivered within the window before `newestKey` is missed.
 * Keys that carry no time are listed from the start of the prefix.
 */
export function listAfter(prefix: string, newestKey: string | null, backMs: number): string | undefined {
  if (newestKey === null || !newestKey.startsWith(prefix)) return undefined;
  const match = STAMP.exec(newestKey);
  if (!match) return undefined;
  const [stamp, year, month, day, hour, minute, second] = match;
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  if (!Number.isFinite(time)) return undefined;
  const folder = newestKey.slice(0, newestKey.length - stamp.length);
  // Partitioned prefixes end in a folder per day; their windows begin at the prefix, as a day boundary may lie in between.
  if (folder !== prefix) return undefined;
  return `${folder}${new Date(time - backMs).toISOString().slice(0, 19).replace(/[T:]/g, '-')}`;
}
