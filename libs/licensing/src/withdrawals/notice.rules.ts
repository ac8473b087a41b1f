import { z } from 'zod';

/** Time to delete and to certify it: clause 8 of the market's templates, and taken for licences that say nothing of it. */
export const NOTICE_DAYS = 30;

export const acknowledgeSchema = z.object({
  noticeId: z.string().min(1),
  deletedAt: z.date().nullish(),
  note: z.string().trim().min(1, 'must not be blank').max(2_000, 'must have at most 2,000 characters').nullish(),
});

export function dueAt(toldAt: Date): Date {
  return new Date(toldAt.getTime() + NOTICE_DAYS * 86_400_000);
}

/** A holder is late who has not certified the deletion in time; the mere receipt does not stop the clock. */
export function isOverdue(
  notice: { readonly dueAt: Date; readonly deletedAt: Date | null; readonly cancelledAt: Date | null },
  now: Date,
): boolean {
  return notice.deletedAt === null && notice.cancelledAt === null && now > notice.dueAt;
}

/** The uses that withdrawals took from what somebody holds, those aside whose episodes he has certified to have deleted. */
export function usesTaken(
  standing: readonly { readonly withdrawalId: string; readonly scope: readonly string[] | null }[],
  certified: ReadonlySet<string>,
): 'all' | readonly string[] {
  const open = standing.filter(({ withdrawalId }) => !certified.has(withdrawalId));
  if (open.some(({ scope }) => scope === null)) return 'all';
  return [...new Set(open.flatMap(({ scope }) => scope ?? []))];
}
