const DAY_MS = 86_400_000;

export const GRANT_STATES = ['requested', 'approved', 'active', 'suspended', 'expired', 'revoked'] as const;
/** Where a grant is in its life. */
export type GrantState = (typeof GRANT_STATES)[number];

/**
 * Which state may follow which. `expired` and `revoked` are final; a request that is declined or withdrawn is revoked
 * before it began, one that nobody answered (or ordered, once approved) expires.
 */
const NEXT: Readonly<Record<GrantState, readonly GrantState[]>> = {
  requested: ['approved', 'expired', 'revoked'],
  approved: ['active', 'expired', 'revoked'],
  active: ['suspended', 'expired', 'revoked'],
  suspended: ['active', 'expired', 'revoked'],
  expired: [],
  revoked: [],
};

export function canBecome(from: GrantState, to: GrantState): boolean {
  return NEXT[from].includes(to);
}

/** Days that a provider has to answer a request, and a buyer to order what was approved. */
export const ANSWER_DAYS = 45;
export const ORDER_DAYS = 30;

/** What decides by time alone where a grant is. */
export interface GrantTimes {
  readonly state: GrantState;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly lapsesAt: Date | null;
}

/** The state at this instant: whatever has an end is over when it has come, whether or not a sweep has run. */
export function stateAt(grant: GrantTimes, now: Date): GrantState {
  const isWaiting = grant.state === 'requested' || grant.state === 'approved';
  const isRunning = grant.state === 'active' || grant.state === 'suspended';
  const end = isWaiting ? grant.lapsesAt : isRunning ? grant.expiresAt : null;
  return end !== null && end <= now ? 'expired' : grant.state;
}

/** When a right starts that renews another: when that one ends, if it still runs. */
export function renewalStart(renewed: GrantTimes, now: Date): Date {
  const { expiresAt } = renewed;
  return stateAt(renewed, now) === 'active' && expiresAt ? expiresAt : now;
}

/** Why a grant cannot be renewed at this instant, or null when it can. */
export function notRenewableBecause(grant: GrantTimes, now: Date): string | null {
  const state = stateAt(grant, now);
  if (grant.expiresAt === null) return grant.startsAt === null ? 'it never started' : 'it has no end';
  if (state !== 'active' && state !== 'expired') return `it is ${state}`;
  if (grant.startsAt && grant.startsAt > now) return 'it has not started yet';
  return null;
}

/** One step in a grant's history, or one that is asked for. */
export interface GrantMove {
  readonly from?: GrantState | null;
  readonly to: GrantState;
  readonly reason: string | null;
  readonly actorKind: string;
  readonly organizationId: string | null;
}

/** Whether the step asked for is the one that was taken last, by the same party. `latest` is newest first. */
export function isRepeat(latest: readonly GrantMove[], state: GrantState, asked: GrantMove): boolean {
  const isSame = (move: GrantMove | undefined, to: GrantState): boolean =>
    move !== undefined &&
    move.to === to &&
    move.reason === asked.reason &&
    move.actorKind === asked.actorKind &&
    move.organizationId === asked.organizationId;
  const [last, before] = latest;
  if (asked.to === 'active') return state === 'active' && last?.from === 'suspended' && isSame(last, 'active');
  if (state === asked.to && isSame(last, asked.to)) return true;
  // The approval of a free right starts it in the same act.
  return asked.to === 'approved' && state === 'active' && isSame(last, 'active') && isSame(before, 'approved');
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

/** When a right that starts now ends under its terms; null is without end. */
export function expiryOf(startsAt: Date, termDays: number | null): Date | null {
  return termDays === null ? null : daysAfter(startsAt, termDays);
}

export function daysAfter(at: Date, days: number): Date {
  return new Date(at.getTime() + days * DAY_MS);
}
