import { once, repeatable } from '../operation.js';

export interface ViewerAnswer {
  readonly user: { readonly id: string; readonly name: string; readonly email: string };
  readonly organization: {
    readonly id: string;
    readonly slug: string;
    readonly name: string;
    readonly isProvider: boolean;
    readonly isBuyer: boolean;
  };
  readonly scopes: readonly string[];
}

const VIEWER_FIELDS = 'user { id name email } organization { id slug name isProvider isBuyer } scopes';

/** Whom the credential belongs to; null for nobody. */
export const Viewer = repeatable<Record<string, never>, { viewer: ViewerAnswer | null }>(
  'Viewer',
  `query Viewer { viewer { ${VIEWER_FIELDS} } }`,
);

export const SignIn = once<
  { input: { email: string; password: string } },
  { signIn: { accessToken: string; refreshToken: string; viewer: ViewerAnswer } }
>(
  'SignIn',
  `mutation SignIn($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken viewer { ${VIEWER_FIELDS} } } }`,
);

export const CreateApiKey = once<
  { input: { label: string; scopes: readonly string[]; expiresAt?: string } },
  { createApiKey: { key: { id: string }; secret: string } }
>(
  'CreateApiKey',
  'mutation CreateApiKey($input: CreateApiKeyInput!) { createApiKey(input: $input) { key { id } secret } }',
);

export const RevokeApiKey = repeatable<{ input: { keyId: string } }, { revokeApiKey: { id: string } }>(
  'RevokeApiKey',
  'mutation RevokeApiKey($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { id } }',
);
