import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Database } from '@app/database';
import { systemContext } from '@app/kernel';
import { startServer } from '../../../apps/api/src/server.js';
import { OpenMarket } from '../../support/open-market.js';
import type { Answer, Party } from '../../support/open-market.js';

const SIGN_IN = 'mutation($input: SignInInput!) { signIn(input: $input) { accessToken refreshToken expiresAt } }';
const REFRESH = 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken refreshToken } }';
const CREATE_KEY =
  'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret key { id hint lastUsedAt } } }';
const WHO = '{ viewer { user { email } organization { slug } } }';
const ATTEMPTS = 4;
const QUARTER_HOUR_S = 900;

let market: OpenMarket;
let somebody: Party;

beforeAll(async () => {
  market = await OpenMarket.open({ withoutWorker: true, environment: { SIGN_IN_ATTEMPTS: String(ATTEMPTS) } });
  somebody = await market.party({ isBuyer: true }, 'somebody');
});

afterAll(() => market.close());

/** To the beginning of a window of the limiter that nobody has used, so that none ends in the middle of a test. */
const nextWindow = (): void =>
  market.clock.advance(QUARTER_HOUR_S - ((market.clock.now().getTime() / 1000) % QUARTER_HOUR_S));

const signIn = (email: string, password: string): Promise<Answer> =>
  market.ask(SIGN_IN, { input: { email, password } });

async function openSession(party: Party): Promise<{ accessToken: string; refreshToken: string; expiresAt: string }> {
  const { data, errors } = await signIn(party.email, party.password);
  expect(errors).toEqual([]);
  return data.signIn;
}

const refresh = (refreshToken: string): Promise<Answer> => market.ask(REFRESH, { input: { refreshToken } });
const codeOf = (answer: Answer): string | undefined => answer.errors[0]?.extensions.code;

/** Every row of every table, as text. */
async function everythingStored(): Promise<string> {
  const database = market.api.get(Database);
  const tables = await database.query<{ name: string }>(
    systemContext('test'),
    `select relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition`,
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await database.query<{ row: string }>(
      systemContext('test'),
      `select to_jsonb(t)::text as row from "${name}" t`,
    );
    rows.push(...found.map(({ row }) => row));
  }
  return rows.join('\n');
}

describe('a session', () => {
  it('closes as a whole when a refresh token is used twice, and opens to nobody after that', async () => {
    nextWindow();
    const first = await openSession(somebody);
    const { data } = await refresh(first.refreshToken);
    const second = data.refreshSession;
    expect((await market.ask(WHO, {}, second.accessToken)).data.viewer.user.email).toBe(somebody.email);

    const again = await refresh(first.refreshToken);

    expect(codeOf(again)).toBe('IDENTITY_REFRESH_REUSED');
    expect(codeOf(await refresh(second.refreshToken))).toBe('IDENTITY_SESSION_ENDED');
    for (const { accessToken } of [first, second])
      expect(await market.ask(WHO, {}, accessToken)).toMatchObject({ status: 401, data: null });
  });

  it('gives two refreshes at the same moment one success at most', async () => {
    nextWindow();
    const { refreshToken } = await openSession(somebody);

    const answers = await Promise.all([refresh(refreshToken), refresh(refreshToken), refresh(refreshToken)]);

    // None, where the copy's use closed the session before the first answer was made.
    const taken = answers.filter(({ errors }) => errors.length === 0);
    expect(taken.length).toBeLessThanOrEqual(1);
    expect(answers.map(codeOf)).toContain('IDENTITY_REFRESH_REUSED');
    for (const { data } of taken)
      expect(codeOf(await refresh(data.refreshSession.refreshToken))).toBe('IDENTITY_SESSION_ENDED');
    expect(codeOf(await refresh(refreshToken))).toBe('IDENTITY_SESSION_ENDED');
  });

  it('does not touch other sessions of the same user when it is closed', async () => {
    nextWindow();
    const one = await openSession(somebody);
    const other = await openSession(somebody);

    await market.must('mutation { signOut }', {}, one.accessToken);

    expect((await market.ask(WHO, {}, one.accessToken)).status).toBe(401);
    expect((await market.ask(WHO, {}, other.accessToken)).data.viewer.user.email).toBe(somebody.email);
  });

  it('survives a restart of the API, both halves of it', async () => {
    nextWindow();
    const { accessToken, refreshToken } = await openSession(somebody);

    await market.api.close();
    const { app, url } = await startServer({ environment: market.environment, clock: market.clock });
    Object.assign(market, { api: app, url });

    expect((await market.ask(WHO, {}, accessToken)).data.viewer.organization.slug).toBe('somebody');
    const { data } = await refresh(refreshToken);
    expect((await market.ask(WHO, {}, data.refreshSession.accessToken)).data.viewer.user.email).toBe(somebody.email);
  });

  it('ends a quarter of an hour after its last token, unless it is refreshed', async () => {
    nextWindow();
    const { accessToken, refreshToken } = await openSession(somebody);

    market.clock.advance(QUARTER_HOUR_S + 10);

    expect((await market.ask(WHO, {}, accessToken)).errors[0]?.extensions.code).toBe('IDENTITY_TOKEN_REFUSED');
    expect((await refresh(refreshToken)).errors).toEqual([]);
  });
});

describe('signing in', () => {
  it(`is refused after ${ATTEMPTS} attempts for one e-mail, also with the right password, until the window ends`, async () => {
    nextWindow();
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++)
      expect(codeOf(await signIn(somebody.email.toUpperCase(), 'a wrong password'))).toBe('IDENTITY_WRONG_CREDENTIALS');

    const refused = await signIn(somebody.email, somebody.password);

    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'REQUEST_RATE_LIMITED', kind: 'RATE_LIMITED' });
    const { retryAfterS } = (refused.errors[0]?.extensions as unknown as { details: { retryAfterS: number } }).details;
    expect(retryAfterS).toBeGreaterThan(0);
    expect(retryAfterS).toBeLessThanOrEqual(QUARTER_HOUR_S);
    market.clock.advance(retryAfterS);
    expect((await signIn(somebody.email, somebody.password)).errors).toEqual([]);
  });

  it('is counted by e-mail, so that one account under attack does not lock the others', async () => {
    nextWindow();
    const neighbour = await market.party({ isBuyer: true }, 'neighbour');
    for (let attempt = 0; attempt <= ATTEMPTS; attempt++) await signIn(somebody.email, 'a wrong password');

    expect(codeOf(await signIn(somebody.email, somebody.password))).toBe('REQUEST_RATE_LIMITED');
    expect((await signIn(neighbour.email, neighbour.password)).errors).toEqual([]);
  });

  it('is counted by address too, so that one guess for each of many accounts is limited', async () => {
    nextWindow();
    const codes: (string | undefined)[] = [];
    for (let guess = 0; guess <= ATTEMPTS * 5; guess++)
      codes.push(codeOf(await signIn(`guess-${guess}@example.test`, 'the most common password')));

    expect(codes.slice(0, -1)).toEqual(codes.slice(0, -1).map(() => 'IDENTITY_WRONG_CREDENTIALS'));
    expect(codes.at(-1)).toBe('REQUEST_RATE_LIMITED');
  });
});

describe('secrets', () => {
  it('are stored nowhere as they are: passwords, API keys, refresh tokens', async () => {
    nextWindow();
    const { refreshToken, accessToken } = await openSession(somebody);
    const stored = await everythingStored();

    for (const secret of [somebody.password, somebody.apiKey, somebody.apiKey.slice(-43), refreshToken, accessToken])
      expect(stored.includes(secret)).toBe(false);
    expect(stored).toContain(somebody.email);
    const users = await market.api
      .get(Database)
      .query<{ hash: string }>(systemContext('test'), 'select password_hash as hash from users');
    for (const { hash } of users) expect(hash).toMatch(/^\$argon2id\$/);
  });
});

describe('an API key', () => {
  const create = (input: object, credential: string): Promise<Answer> =>
    market.ask(CREATE_KEY, { input: { label: 'a key', scopes: ['catalog:read', 'data:read'], ...input } }, credential);
  const inHours = (hours: number): string => new Date(market.clock.now().getTime() + hours * 3_600_000).toISOString();
  const listed = async (id: string): Promise<{ lastUsedAt: string | null; revokedAt: string | null } | undefined> => {
    const query = '{ apiKeys(first: 50) { nodes { id hint label lastUsedAt revokedAt } } }';
    const { apiKeys } = await market.must(query, {}, somebody.apiKey);
    return apiKeys.nodes.find((key: { id: string }) => key.id === id);
  };

  it('is shown once, then known by its last four characters and its last use', async () => {
    const { secret, key } = (await create({}, somebody.apiKey)).data.createApiKey;
    expect(secret).toMatch(/^hf_bodega_[0-9A-Za-z]{43}$/);
    expect(key).toMatchObject({ hint: `…${secret.slice(-4)}`, lastUsedAt: null });
    expect(JSON.stringify(await listed(key.id))).not.toContain(secret.slice(10, 50));

    await market.must(WHO, {}, secret);

    expect((await listed(key.id))?.lastUsedAt).not.toBeNull();
  });

  it('is dead from the moment of its revocation', async () => {
    const { secret, key } = (await create({}, somebody.apiKey)).data.createApiKey;
    expect((await market.ask(WHO, {}, secret)).status).toBe(200);

    await market.must(
      'mutation($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { revokedAt } }',
      { input: { keyId: key.id } },
      somebody.apiKey,
    );

    const refused = await market.ask(WHO, {}, secret);
    expect([refused.status, codeOf(refused)]).toEqual([401, 'IDENTITY_KEY_REFUSED']);
  });

  it('is dead from the moment of its end, and makes no key that lives longer', async () => {
    const { secret } = (await create({ expiresAt: inHours(1) }, somebody.apiKey)).data.createApiKey;
    expect(codeOf(await create({}, secret))).toBe('REQUEST_INVALID');
    expect(codeOf(await create({ expiresAt: inHours(2) }, secret))).toBe('REQUEST_INVALID');
    expect((await create({ expiresAt: inHours(0.5) }, secret)).errors).toEqual([]);

    market.clock.advance(3_600);

    expect(codeOf(await market.ask(WHO, {}, secret))).toBe('IDENTITY_KEY_REFUSED');
  });
});
