import type { UsagePoint } from '@app/metering';

/** One point of a report: what was handed out beside what was taken. */
export interface ReportPoint extends UsagePoint {
  readonly issuedBytes: number;
}

/**
 * One series out of two that are sorted alike and cut at the same length. A key among the first `limit` of both together is
 * within the first `limit` of each series that has it, so the cut loses nothing.
 */
export function mergeSeries(
  served: readonly UsagePoint[],
  issued: readonly { readonly key: string; readonly bytes: number }[],
  isDescending: boolean,
  limit: number,
): ReportPoint[] {
  const points = new Map<string, ReportPoint>();
  for (const point of served) points.set(point.key, { ...point, issuedBytes: 0 });
  for (const { key, bytes } of issued) {
    const known = points.get(key) ?? { key, servedBytes: 0, requests: 0, refusedRequests: 0, lastEventAt: null };
    points.set(key, { ...known, issuedBytes: bytes });
  }
  const sign = isDescending ? -1 : 1;
  return [...points.values()].sort((a, b) => (a.key < b.key ? -sign : sign)).slice(0, limit);
}
