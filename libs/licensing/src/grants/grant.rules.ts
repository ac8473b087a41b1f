export const GRANT_STATES = ['requested', 'approved', 'active', 'suspended', 'expired', 'revoked'] as const;
/** Where a grant is in its life. */
export type GrantState = (typeof GRANT_STATES)[number];

/** Which state may follow which. `expired` and `revoked` are final; a declined request is revoked before it began. */
const NEXT: Readonly<Record<GrantState, readonly GrantState[]>> = {
  requested: ['approved', 'revoked'],
  approved: ['active', 'revoked'],
  active: ['suspended', 'expired', 'revoked'],
  suspended: ['active', 'expired', 'revoked'],
  expired: [],
  revoked: [],
};

export function canBecome(from: GrantState, to: GrantState): boolean {
  return NEXT[from].includes(to);
}

/** Why a grant gives no access at this instant, or null when it does. Time decides, whether or not a sweep has run. */
export function closedBecause(
  grant: { readonly state: GrantState; readonly startsAt: Date | null; readonly expiresAt: Date | null },
  now: Date,
): Exclude<GrantState, 'active'> | 'not_started' | null {
  if (grant.state !== 'active') return grant.state;
  if (!grant.startsAt || grant.startsAt > now) return 'not_started';
  if (grant.expiresAt && grant.expiresAt <= now) return 'expired';
  return null;
}

const DAY_MS = 86_400_000;

/** When a right that starts now ends under its terms; null is without end. */
export function expiryOf(startsAt: Date, termDays: number | null): Date | null {
  return termDays === null ? null : new Date(startsAt.getTime() + termDays * DAY_MS);
}
