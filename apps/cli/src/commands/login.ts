import { hostname } from 'node:os';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CreateApiKey, RevokeApiKey, SignIn, Viewer } from '@app/client';
import type { ViewerAnswer } from '@app/client';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';

export interface LoginOptions {
  readonly email?: string;
  readonly passwordStdin?: boolean;
}

/** Asks at the terminal; a secret is not echoed. */
async function ask(invocation: Invocation, question: string, isSecret: boolean): Promise<string> {
  const { stdin, stderr } = invocation.streams;
  if (!stdin.isTTY) {
    throw CliErrors.BAD_USAGE({
      reason: 'There is no terminal to ask at: pass --email with --password-stdin, or --api-key.',
    });
  }
  stderr.write(question);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const loud = new Writable({
    write: (chunk, _encoding, done) => {
      stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output: isSecret ? silent : loud, terminal: true });
  try {
    return (await lines.question('', { signal: invocation.signal })).trim();
  } finally {
    lines.close();
    if (isSecret) stderr.write('\n');
  }
}

/** The first line of standard input. */
async function readLine(stdin: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.includes('\n') || text.length > 10_000) break;
  }
  return text.split(/\r?\n/)[0] ?? '';
}

/** Signs in and keeps an API key for this machine; the password is never kept. */
export async function login(invocation: Invocation, options: LoginOptions): Promise<void> {
  const session = await invocation.session();
  const given = invocation.apiKeyFlag;
  const login =
    given === undefined ? await makeKey(invocation, options) : { apiKey: given, apiKeyId: null, viewer: null };
  const viewer = login.viewer ?? (await session.client().as(login.apiKey).run(Viewer, {}, invocation.signal)).viewer;
  if (!viewer) throw CliErrors.KEY_NOT_ACCEPTED({ endpoint: session.endpoint });
  await invocation.logins.save({
    endpoint: session.endpoint,
    apiKey: login.apiKey,
    apiKeyId: login.apiKeyId,
    organization: viewer.organization.slug,
    email: viewer.user.email,
    savedAt: new Date().toISOString(),
  });
  invocation.result(
    {
      endpoint: session.endpoint,
      organization: viewer.organization.slug,
      email: viewer.user.email,
      scopes: viewer.scopes,
    },
    () =>
      `Signed in to ${session.endpoint} as ${viewer.user.email} of ${viewer.organization.name} (${viewer.organization.slug}).`,
  );
}

async function makeKey(
  invocation: Invocation,
  options: LoginOptions,
): Promise<{ apiKey: string; apiKeyId: string; viewer: ViewerAnswer }> {
  const session = await invocation.session();
  if (options.passwordStdin && options.email === undefined)
    throw CliErrors.BAD_USAGE({ reason: '--password-stdin needs --email.' });
  const email = options.email ?? (await ask(invocation, 'Email: ', false));
  const password = options.passwordStdin
    ? await readLine(invocation.streams.stdin)
    : await ask(invocation, 'Password: ', true);
  // Whoever signs in must not ride on a key from the environment.
  const { endpoint } = session;
  const { signIn } = await invocation
    .anonymousClient(endpoint)
    .run(SignIn, { input: { email, password } }, invocation.signal);
  const { createApiKey } = await invocation
    .anonymousClient(endpoint)
    .as(signIn.accessToken)
    .run(
      CreateApiKey,
      {
        input: {
          label: `bodega on ${hostname()}`.slice(0, 100),
          scopes: signIn.viewer.scopes.filter((scope) => scope !== 'admin'),
        },
      },
      invocation.signal,
    );
  return { apiKey: createApiKey.secret, apiKeyId: createApiKey.key.id, viewer: signIn.viewer };
}

/** Forgets the saved login, and revokes its key on the market when it was made by `login`. */
export async function logout(invocation: Invocation): Promise<void> {
  const session = await invocation.session();
  const { saved, endpoint } = session;
  if (!saved) throw CliErrors.NOT_SIGNED_IN({ endpoint });
  let revoked = false;
  let why = '';
  if (saved.apiKeyId !== null) {
    try {
      await invocation
        .anonymousClient(endpoint)
        .as(saved.apiKey)
        .run(RevokeApiKey, { input: { keyId: saved.apiKeyId } }, invocation.signal);
      revoked = true;
    } catch (error) {
      // Being signed out here must work without the market too; the person hears that the key lives on.
      why = error instanceof Error ? error.message : String(error);
    }
  }
  await invocation.logins.forget(endpoint);
  if (why !== '')
    invocation.note(`The key could not be revoked on the market (${why}) It stays valid until it is revoked there.`);
  invocation.result({ endpoint, revoked }, () => `Signed out of ${endpoint}${revoked ? '; its key is revoked' : ''}.`);
}

export async function whoami(invocation: Invocation): Promise<void> {
  const client = await invocation.accountClient();
  const { viewer } = await client.run(Viewer, {}, invocation.signal);
  if (!viewer) throw CliErrors.KEY_NOT_ACCEPTED({ endpoint: client.endpoint });
  const { user, organization, scopes } = viewer;
  const roles = [organization.isProvider && 'provider', organization.isBuyer && 'buyer'].filter(
    (role) => role !== false,
  );
  invocation.result(
    { endpoint: client.endpoint, user, organization, scopes },
    () =>
      `${user.name} <${user.email}> of ${organization.name} (${organization.slug}${roles.length > 0 ? `, ${roles.join(' and ')}` : ''}) at ${client.endpoint}\nscopes: ${scopes.join(' ')}`,
  );
}
