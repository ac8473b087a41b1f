import { z } from 'zod';
import { reasonSchema } from '../datasets/dataset.rules.js';
import { CONSENT_USES } from './contributor.rules.js';

/** A mistake is noticed within a day; afterwards holders may have deleted what they were told to. */
export const CANCEL_HOURS = 24;

/** What everybody reads about the recalled version. It says nothing of the person, nor of his reasons. */
export const RECALL_REASON =
  'A contributor withdrew consent. Delete the episodes that your notice names, and go on with a corrected version. ' +
  '采集贡献者撤回同意：请删除通知所列轨迹，并改用修正版本。';

export const withdrawSchema = z.object({
  pseudonym: z.string().trim().min(1, 'must not be blank').max(500, 'must have at most 500 characters'),
  /** Whose contributor it is; the operator must say it. */
  organizationId: z.string().min(1).nullish(),
  reason: reasonSchema,
  effectiveAt: z.date().nullish(),
  scope: z
    .array(
      z
        .string()
        .trim()
        .toLowerCase()
        .pipe(z.enum(CONSENT_USES, `must be one of ${CONSENT_USES.join(', ')}`)),
    )
    .min(1, 'must name a use, or be left out for all of them')
    .max(10)
    .transform((uses) => CONSENT_USES.filter((use) => uses.includes(use)))
    .nullish(),
  idempotencyKey: z
    .string()
    .trim()
    .min(8, 'must have at least 8 characters')
    .max(200, 'must have at most 200 characters'),
});

export const cancelSchema = z.object({ withdrawalId: z.string().min(1), reason: reasonSchema });

/** Whether a withdrawal may still be cancelled. A clock that ran back does not close the time early. */
export function mayCancel(recordedAt: Date, now: Date): boolean {
  return now.getTime() - recordedAt.getTime() <= CANCEL_HOURS * 3_600_000;
}
