import { z } from 'zod';

export const TITLE_EVENTS = [
  'first',
  'transfer',
  'change',
  'renewal',
  'cancellation',
  'licence',
  'revocation',
  'objection',
] as const;
export type TitleEvent = (typeof TITLE_EVENTS)[number];
export const TITLE_RIGHTS = ['hold', 'process_use', 'operate'] as const;
export type TitleRight = (typeof TITLE_RIGHTS)[number];

/** Where a registration stands: objections leave it in dispute until a change or renewal settles them. */
export type TitleStanding = 'valid' | 'disputed' | 'expired' | 'cancelled' | 'revoked';

/** One event of a registration, as it was recorded. Days are ISO 8601. */
export interface TitleRecordRow {
  readonly id: string;
  readonly datasetId: string;
  readonly event: TitleEvent;
  readonly number: string;
  readonly issuer: string;
  readonly titleRight: TitleRight;
  readonly issuedOn: string;
  readonly expiresOn: string | null;
  readonly fileSha256: string | null;
  readonly note: string | null;
  readonly recordedAt: Date;
}

/** A registration: its number and issuer, what the last event says of it, and all of its events, oldest first. */
export interface TitleRow {
  readonly number: string;
  readonly issuer: string;
  readonly titleRight: TitleRight;
  readonly issuedOn: string;
  readonly expiresOn: string | null;
  readonly fileSha256: string | null;
  readonly standing: TitleStanding;
  readonly events: readonly TitleRecordRow[];
}

const day = z.string().refine((text) => {
  const time = Date.parse(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}, 'must be a day: YYYY-MM-DD');
const line = z.string().trim().min(1).max(500);

export const titleRecordSchema = z
  .object({
    slug: z.string().min(1).max(200),
    event: z.enum(TITLE_EVENTS),
    number: line,
    issuer: line,
    titleRight: z.enum(TITLE_RIGHTS),
    issuedOn: day,
    expiresOn: day.nullish(),
    fileSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'must be a SHA-256: 64 lower-case hexadecimal digits')
      .nullish(),
    note: z.string().trim().min(1).max(2_000).nullish(),
  })
  .refine(({ issuedOn, expiresOn }) => !expiresOn || expiresOn >= issuedOn, {
    path: ['expiresOn'],
    message: 'must not lie before the day of issue',
  })
  .refine(({ event, note }) => note || !['objection', 'cancellation', 'revocation'].includes(event), {
    path: ['note'],
    message: 'must say what was objected to, or why the registration ended',
  });

export type NewTitleRecord = z.input<typeof titleRecordSchema>;

/** Why an event cannot follow what is recorded of the registration, or null. */
export function refusedBecause(event: TitleEvent, earlier: readonly { readonly event: TitleEvent }[]): string | null {
  if (event === 'first') return earlier.length === 0 ? null : 'it is registered already';
  if (earlier.length === 0) return 'its first registration is not on record';
  const end = earlier.find((one) => one.event === 'cancellation' || one.event === 'revocation');
  // What has ended can still be objected to: that it ended may be what is disputed.
  return end && event !== 'objection' ? `it ended with its ${end.event}` : null;
}

/** Registrations out of their events, oldest event first. */
export function titlesOf(records: readonly TitleRecordRow[], today: string): TitleRow[] {
  const byNumber = new Map<string, TitleRecordRow[]>();
  for (const record of records) {
    const key = JSON.stringify([record.issuer, record.number]);
    byNumber.set(key, [...(byNumber.get(key) ?? []), record]);
  }
  return [...byNumber.values()].flatMap((events) => {
    // A licence or an objection says something beside the registration, not what it now is.
    const last = events.findLast(({ event }) => event !== 'objection' && event !== 'licence');
    if (!last) return [];
    const { number, issuer, titleRight, issuedOn, expiresOn, fileSha256 } = last;
    return [
      {
        number,
        issuer,
        titleRight,
        issuedOn,
        expiresOn,
        fileSha256,
        standing: standingOf(events, last, today),
        events,
      },
    ];
  });
}

function standingOf(events: readonly TitleRecordRow[], last: TitleRecordRow, today: string): TitleStanding {
  if (last.event === 'cancellation') return 'cancelled';
  if (last.event === 'revocation') return 'revoked';
  if (last.expiresOn !== null && last.expiresOn < today) return 'expired';
  return events.slice(events.indexOf(last)).some(({ event }) => event === 'objection') ? 'disputed' : 'valid';
}
