import { defineErrors, refusal } from '@app/kernel';

export const IdentityErrors = defineErrors('IDENTITY', {
  WRONG_CREDENTIALS: refusal('UNAUTHENTICATED', () => 'The e-mail or the password is wrong.', {}),
  EMAIL_TAKEN: refusal('CONFLICT', () => 'This e-mail has an account already; sign in instead.', {}),
  SLUG_TAKEN: refusal('CONFLICT', (d: { slug: string }) => `The name "${d.slug}" is taken; choose another.`, {
    slug: 'acme',
  }),
  SESSION_ENDED: refusal('UNAUTHENTICATED', () => 'This session has ended; sign in again.', {}),
  REFRESH_REUSED: refusal(
    'UNAUTHENTICATED',
    () => 'This refresh token was used before, so the whole session is closed; sign in again.',
    {},
  ),
  KEY_REFUSED: refusal('UNAUTHENTICATED', () => 'This API key is unknown, expired or revoked.', {}),
  TOKEN_REFUSED: refusal(
    'UNAUTHENTICATED',
    () => 'This access token is invalid or has expired; refresh it or sign in again.',
    {},
  ),
  NO_ORGANIZATION: refusal('CONFLICT', () => 'Your account belongs to no organization; create one first.', {}),
  SCOPE_TOO_WIDE: refusal(
    'FORBIDDEN',
    (d: { scope: string }) => `You cannot give a key the scope "${d.scope}", because you do not hold it yourself.`,
    { scope: 'admin' },
  ),
});
