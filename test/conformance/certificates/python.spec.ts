import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DAY_MS, INDEX, LicensedFolder, MarketKey } from './licensed-folder.js';
import type { FolderFacts } from './licensed-folder.js';

const DOCUMENT = new URL('../../../docs/verify-offline.md', import.meta.url);
const hasPython = spawnSync('python3', ['-c', 'import sys; sys.exit(sys.version_info < (3, 8))']).status === 0;
if (!hasPython)
  process.stderr.write('NOT RUN: the recipe of docs/verify-offline.md, because there is no python3 here.\n');

/** Code blocks of the document, by the file name in their first line. */
function recipe(): Map<string, string> {
  const blocks = readFileSync(DOCUMENT, 'utf8').matchAll(/```python\n# (\S+\.py)\n([\s\S]*?)```/g);
  return new Map([...blocks].map(([, name = '', code = '']) => [name, `# ${name}\n${code}`]));
}

it('the recipe has at most 30 lines, beside the signatures', () => {
  expect([...recipe().keys()]).toEqual(['verify_offline.py', 'signed.py']);
  expect(recipe().get('verify_offline.py')?.trimEnd().split('\n').length).toBeLessThanOrEqual(30);
});

(hasPython ? describe : describe.skip)('the documented recipe for Python', () => {
  let scripts: string;
  beforeAll(() => {
    scripts = mkdtempSync(join(tmpdir(), 'bodega-recipe-'));
    for (const [name, code] of recipe()) writeFileSync(join(scripts, name), code);
  });
  afterAll(() => rmSync(scripts, { recursive: true, force: true }));

  const python = (args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
    new Promise((resolve) => {
      // Isolated: nothing but the standard library and the two files of the document.
      const all = ['-S', '-B', ...args];
      execFile('python3', all, { cwd: scripts }, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 255) : 0, stdout, stderr });
      });
    });

  it('checks signatures as RFC 8032 does', async () => {
    // RFC 8032, section 7.1: tests 1 to 3, and what must not pass.
    const vectors = [
      [
        'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
        '',
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
        true,
      ],
      [
        '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
        '72',
        '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
        true,
      ],
      [
        'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
        'af82',
        '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
        true,
      ],
    ] as const;
    const L = 2n ** 252n + 27742317777372353535851937790883648493n;
    const [[key, message, good]] = vectors;
    const s = BigInt(`0x${(good.slice(64).match(/../g) ?? []).reverse().join('')}`) + L;
    const tooLarge = good.slice(0, 64) + (s.toString(16).padStart(64, '0').match(/../g) ?? []).reverse().join('');
    const cases = [
      ...vectors,
      [key, '00', good, false],
      [vectors[1][0], message, good, false],
      [key, message, tooLarge, false],
      [key, message, good.slice(2), false],
      ['ff'.repeat(32), message, good, false],
      [key, message, 'ff'.repeat(32) + good.slice(64), false],
    ];
    writeFileSync(
      join(scripts, 'vectors.py'),
      `import json\nfrom signed import verify\nfor k, m, s, _ in json.loads('''${JSON.stringify(cases)}'''):\n    print(int(verify(bytes.fromhex(k), bytes.fromhex(m), bytes.fromhex(s))))\n`,
    );

    const { stdout, stderr } = await python(['vectors.py']);

    expect([
      stderr,
      stdout
        .trim()
        .split('\n')
        .map((line) => line === '1'),
    ]).toEqual(['', cases.map(([, , , expected]) => expected)]);
  });

  const at = (path: string, change: (bytes: Buffer) => Buffer) => (folder: LicensedFolder) =>
    folder.write(path, change(folder.read(path)));
  const flip = (where: number) => (bytes: Buffer) => {
    const out = Buffer.from(bytes);
    const index = where < 0 ? out.length + where : where;
    out[index] = (out[index] ?? 0) ^ 1;
    return out;
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON
  const manifest = (change: (value: Record<string, any>) => void) =>
    at('.bodega/manifest.json', (bytes) => {
      const value = JSON.parse(bytes.toString()) as Record<string, unknown>;
      change(value);
      return Buffer.from(JSON.stringify(value));
    });

  it.each<[string, FolderFacts, ((folder: LicensedFolder) => void) | null, 0 | 1]>([
    ['a whole version', {}, null, 0],
    ['a part', { isPart: true }, null, 0],
    ['a standard form', { isForm: true, validUntil: null }, null, 0],
    ['an old status list', { listAt: new Date(Date.now() - 2 * DAY_MS) }, null, 0],
    ['a byte of a file', {}, at('README.md', flip(2)), 1],
    ['a file cut short', {}, at('meta/info.json', (bytes) => bytes.subarray(1)), 1],
    ['a file missing', {}, (folder) => rmSync(join(folder.path, 'README.md')), 1],
    ['a file too many', {}, (folder) => folder.write('data/x.bin', 'x'), 1],
    ['a header', {}, at('.bodega/certificate.jwt', flip(9)), 1],
    ['a claim', {}, at('.bodega/certificate.jwt', flip(400)), 1],
    ['a signature', {}, at('.bodega/certificate.jwt', flip(-40)), 1],
    ['the last bits of a signature', {}, at('.bodega/certificate.jwt', flip(-1)), 1],
    ['a status list', {}, at('.bodega/status-revocation.jwt', flip(300)), 1],
    ['no status list', {}, (folder) => rmSync(join(folder.path, '.bodega/status-suspension.jwt')), 1],
    ['other keys', {}, (folder) => folder.writeState('jwks.json', JSON.stringify({ keys: [new MarketKey().jwk] })), 1],
    ['a revocation', { revoked: [INDEX] }, null, 1],
    ['a suspension', { suspended: [INDEX] }, null, 1],
    ['an end', { validUntil: new Date(Date.now() - 1_000) }, null, 1],
    ['a beginning to come', { validFrom: new Date(Date.now() + DAY_MS) }, null, 1],
    [
      'a root of something else',
      { certificate: (c) => (c['credentialSubject'].version.merkleRoot = 'e'.repeat(64)) },
      null,
      1,
    ],
    ['a list of another', { list: (l) => (l['issuer'] = l['iss'] = 'https://other.example') }, null, 1],
    ['another grant', {}, manifest((m) => (m['grantId'] = 'grt_2')), 1],
    ['other terms', {}, manifest((m) => (m['termsHash'] = 'e'.repeat(64))), 1],
    ['a hash in the manifest', {}, manifest((m) => (m['files'][1].sha256 = 'e'.repeat(64))), 1],
    ['a leaf in the tree', { isPart: true }, manifest((m) => (m['tree'][4] = 'e'.repeat(64))), 1],
    ['no tree', { isPart: true }, manifest((m) => (m['tree'] = null)), 1],
  ])('answers as bodega verify does: %s', async (_what, facts, spoil, expected) => {
    const folder = await LicensedFolder.make(facts);
    try {
      spoil?.(folder);

      const [ours, theirs] = [await folder.verify(), await python(['verify_offline.py', folder.path])];

      expect([ours.code, theirs.code, theirs.stderr]).toEqual([
        expected,
        expected,
        expected === 0 ? '' : expect.stringMatching(/^The licence does not hold: .*\r?\n$/),
      ]);
      if (expected === 0) expect(theirs.stdout).toMatch(/^licensed to startup, (not stopped|status unknown)/);
    } finally {
      folder.remove();
    }
  });

  it('takes the one key that it is told to trust', async () => {
    const folder = await LicensedFolder.make();
    try {
      const codes = [];
      for (const key of [folder.key.kid, new MarketKey().kid]) {
        const ours = await folder.verify({ key });
        codes.push([ours.code, (await python(['verify_offline.py', folder.path, key])).code]);
      }

      expect(codes).toEqual([
        [0, 0],
        [1, 1],
      ]);
    } finally {
      folder.remove();
    }
  });
});
