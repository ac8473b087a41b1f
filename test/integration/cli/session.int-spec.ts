import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FakeMarket } from './fake-market.js';
import { runBodega } from './run-bodega.js';

jest.setTimeout(60_000);

describe('bodega login', () => {
  let config: string;
  let market: FakeMarket;
  const saved = (): string => join(config, 'bodega/credentials.json');

  beforeEach(async () => {
    config = mkdtempSync(join(tmpdir(), 'bodega-login-'));
    market = await FakeMarket.open([]);
  });
  afterEach(async () => {
    await market.close();
    rmSync(config, { recursive: true, force: true });
  });

  it('keeps the key where only its owner reads it, uses it afterwards, and forgets it', async () => {
    const env = { XDG_CONFIG_HOME: config };

    const login = await runBodega(['login', '--api-key', 'hf_bodega_mine', '--endpoint', `${market.url}/graphql/`], {
      env,
    });
    const who = await runBodega(['whoami', '--json'], { env });
    const mode = statSync(saved()).mode & 0o777;
    const logout = await runBodega(['logout'], { env });
    const gone = await runBodega(['whoami', '--endpoint', market.url], { env });

    expect(login.stdout).toContain('as li@acme.example of Acme (acme)');
    expect(mode).toBe(0o600);
    expect(who.json()).toMatchObject({ endpoint: market.url, organization: { slug: 'acme' } });
    expect(market.asked.at(-1)?.authorization).toBe('Bearer hf_bodega_mine');
    expect(logout.exitCode).toBe(0);
    expect(readFileSync(saved(), 'utf8')).not.toContain('hf_bodega_mine');
    expect([gone.exitCode, gone.stderr.trim()]).toEqual([
      1,
      `No account for ${market.url}: run "bodega login", or set BODEGA_API_KEY, or pass --api-key.`,
    ]);
  });

  it('never sends a saved key to another market, nor a Hugging Face token to any', async () => {
    const env = { XDG_CONFIG_HOME: config };
    const other = await FakeMarket.open([]);
    await runBodega(['login', '--api-key', 'hf_bodega_mine', '--endpoint', market.url], { env });

    const elsewhere = await runBodega(['whoami', '--endpoint', other.url], { env });
    const foreign = await runBodega(['whoami', '--endpoint', other.url], {
      env: { ...env, HF_TOKEN: 'hf_realHuggingFaceToken' },
    });
    const ours = await runBodega(['whoami', '--endpoint', other.url], { env: { ...env, HF_TOKEN: 'hf_bodega_hub' } });
    await other.close();

    expect([elsewhere.exitCode, foreign.exitCode, ours.exitCode]).toEqual([1, 1, 0]);
    expect(other.asked.map((asked) => asked.authorization)).toEqual(['Bearer hf_bodega_hub']);
  });

  it('survives a damaged file of logins', async () => {
    const env = { XDG_CONFIG_HOME: config };
    await runBodega(['login', '--api-key', 'hf_bodega_mine', '--endpoint', market.url], { env });
    writeFileSync(saved(), '{"v":1,"log');

    const who = await runBodega(['whoami', '--endpoint', market.url], { env });
    const again = await runBodega(['login', '--api-key', 'hf_bodega_new', '--endpoint', market.url], { env });

    expect([who.exitCode, again.exitCode]).toEqual([1, 0]);
    expect(readFileSync(saved(), 'utf8')).toContain('hf_bodega_new');
  });

  it('says plainly that nobody answers, or that something else does', async () => {
    const dead = await FakeMarket.open([]);
    const url = dead.url;
    await dead.close();
    market.refusals.push({ status: 404, headers: {} });

    const nobody = await runBodega(['whoami', '--endpoint', url, '--api-key', 'x', '--json']);
    const stranger = await runBodega(['whoami', '--endpoint', market.url, '--api-key', 'x']);

    expect([nobody.exitCode, stranger.exitCode]).toEqual([1, 1]);
    expect(nobody.stderr).toBe(`The market at ${url} is not reachable: nothing listens there.\n`);
    expect(nobody.json()).toMatchObject({ error: { code: 'CLIENT_UNREACHABLE', kind: 'UNAVAILABLE' } });
    expect(stranger.stderr).toContain('is this the address of a Bodega market?');
  });
});
