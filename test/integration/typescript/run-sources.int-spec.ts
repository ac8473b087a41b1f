import { execFile } from 'node:child_process';
import { cp, mkdtemp, mkdir, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { REPOSITORY } from '../../support/started-market.js';

const GREETING = `export const greeting = 'good day' as string;\n`;
const MAIN = `import { name } from '@app/friend';
import { greeting } from './greeting.js';

interface Nobody {
  readonly cares: never;
}
function typeOf(_target: object, key: string): void {
  console.log(Reflect.getMetadata('design:type', _target, key)?.name);
}
void 0 as unknown as Nobody;
class Shelf {
  @typeOf count: number;
}
export { Shelf };
console.log(\`\${greeting}, \${name}\`);
if (process.argv[2] === 'fail') throw new Error('on line 16');
`;

describe('programs run from their TypeScript sources', () => {
  let folder: string;
  const kept = (): string => join(folder, 'node_modules/.cache/bodega/typescript');
  const run = (...args: string[]) =>
    promisify(execFile)(
      process.execPath,
      [
        '--enable-source-maps',
        '--no-warnings',
        '--import=#typescript',
        '--import=reflect-metadata',
        'main.ts',
        ...args,
      ],
      { cwd: folder, env: { PATH: process.env['PATH'] } },
    );

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-sources-'));
    await mkdir(join(folder, 'libs/friend/src'), { recursive: true });
    await mkdir(join(folder, 'node_modules'));
    for (const name of ['@swc', 'reflect-metadata'])
      await symlink(join(REPOSITORY, 'node_modules', name), join(folder, 'node_modules', name));
    await cp(join(REPOSITORY, 'scripts/typescript'), join(folder, 'scripts/typescript'), { recursive: true });
    const { imports } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as { imports: object };
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', imports }));
    await writeFile(join(folder, 'libs/friend/src/index.ts'), `export const name: string = '世界';\n`);
    await writeFile(join(folder, 'greeting.ts'), GREETING);
    await writeFile(join(folder, 'main.ts'), MAIN);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('with libraries, neighbours, decorators and their types', async () => {
    expect((await run()).stdout).toBe('Number\ngood day, 世界\n');
  });

  it('compiles a source once, and again when it has changed', async () => {
    await run();
    const times = async () =>
      Promise.all((await readdir(kept())).sort().map(async (file) => (await stat(join(kept(), file))).mtimeMs));
    const first = await times();
    expect(first).toHaveLength(3);
    await run();
    expect(await times()).toEqual(first);

    await writeFile(join(folder, 'greeting.ts'), GREETING.replace('day', 'evening'));
    expect((await run()).stdout).toContain('good evening');
    expect(await times()).toHaveLength(3);
  });

  it('takes nothing from a compilation that was cut short', async () => {
    await run();
    for (const file of await readdir(kept())) {
      const text = await readFile(join(kept(), file));
      await writeFile(join(kept(), file), text.subarray(0, text.byteLength / 2));
    }
    expect((await run()).stdout).toContain('good day');
  });

  it('works where nothing can be kept', async () => {
    await mkdir(join(folder, 'node_modules/.cache/bodega'), { recursive: true });
    await writeFile(kept(), 'a file where the folder should be');
    expect((await run()).stdout).toContain('good day');
  });

  it('many at once, from nothing', async () => {
    const runs = await Promise.all(Array.from({ length: 6 }, () => run()));
    expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
    expect((await readdir(kept())).filter((file) => !file.endsWith('.mjs'))).toEqual([]);
  });

  it('names the line of the source where something failed, at first and later', async () => {
    for (let time = 0; time < 2; time += 1)
      await expect(run('fail')).rejects.toMatchObject({ stderr: expect.stringMatching(/main\.ts:16:/) });
  });
});
