import { execFile } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const planted = fileURLToPath(new URL('../../libs/formats/src/planted-violation/', import.meta.url));

const cruise = (path: string): Promise<{ stdout: string }> =>
  run(
    process.execPath,
    ['node_modules/dependency-cruiser/bin/dependency-cruise.mjs', path, '--config', '.dependency-cruiser.cjs'],
    { cwd: root },
  );

describe('the walls between libraries', () => {
  afterAll(() => rm(planted, { recursive: true, force: true }));

  it('stand', async () => {
    await expect(cruise('libs')).resolves.toMatchObject({
      stdout: expect.stringContaining('no dependency violations'),
    });
  });

  it('stop a pure library that reaches for the database', async () => {
    await mkdir(planted, { recursive: true });
    await writeFile(
      `${planted}planted.ts`,
      `import { Database } from '@app/database';\nexport const planted = Database;\n`,
    );

    const refused = cruise('libs/formats/src/planted-violation');

    await expect(refused).rejects.toMatchObject({ stdout: expect.stringContaining('formats-imports-down') });
  });
});
