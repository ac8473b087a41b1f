import { defineErrors, refusal } from '@app/kernel';

/** What the log refuses to publish or to prove. */
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
  NOT_SIGNED: refusal(
    'NOT_FOUND',
    () => 'This log has signed no checkpoint yet; try again in some seconds, or ask the operator for its key.',
    {},
  ),
  CONTRADICTION: refusal(
    'CONFLICT',
    (d: { problem: string }) =>
      `The log signs nothing more, because that would contradict what it has signed: ${d.problem}. See docs/verify-log.md.`,
    { problem: 'the database holds 100 leaves, and 120 were signed; it was restored from an older backup' },
  ),
  BROKEN: refusal('CONFLICT', (d: { problem: string }) => `The log is not intact: ${d.problem}`, {
    problem: 'Leaf 7 is not what its hash says.',
  }),
  NO_SUCH_TILE: refusal(
    'NOT_FOUND',
    (d: { path: string }) => `The log has no "${d.path}"; what exists follows from the size in its checkpoint.`,
    { path: 'tile/0/000.p/7' },
  ),
  BEYOND_SIGNED: refusal(
    'NOT_FOUND',
    (d: { size: number; signed: number }) =>
      `The log is signed up to ${d.signed} leaves, and this needs ${d.size}; a leaf is signed some seconds after its act.`,
    { size: 301, signed: 300 },
  ),
});
