import { defineErrors, refusal } from '@app/kernel';

/** What the log refuses to publish. */
export const AuditErrors = defineErrors('AUDIT', {
  LEAF_TOO_LARGE: refusal(
    'INVALID',
    (d: { action: string; bytes: number; limit: number }) =>
      `The record of "${d.action}" would take ${d.bytes} bytes and the public log holds at most ${d.limit}; say it shorter.`,
    { action: 'grant.revoked', bytes: 70_000, limit: 65_535 },
  ),
  PERSONAL_DATA: refusal(
    'INVALID',
    (d: { action: string; what: string }) =>
      `The record of "${d.action}" is public for ever and would contain ${d.what}; leave it out of the text.`,
    { action: 'grant.revoked', what: 'an e-mail address' },
  ),
});
