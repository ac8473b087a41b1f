import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseDatasetYaml } from './dataset-yaml.js';
import { localPathOf, pathProblem } from './safe-path.js';

describe('names of files that a market sends', () => {
  it.each([
    ['../evil', 'leads out'],
    ['a/../../evil', 'leads out'],
    ['/etc/passwd', 'absolute'],
    ['C:/x', 'absolute'],
    ['a\\..\\b', 'backslash'],
    ['a//b', 'empty step'],
    ['./a', 'empty step'],
    ['a/', 'empty step'],
    ['', 'empty'],
    ['a\u0000b', 'control'],
    ['.bodega/manifest.json', 'our own notes'],
    ['.BODEGA/x', 'our own notes'],
  ])('refuses %j', (path, why) => {
    expect(pathProblem(path)).toContain(why);
  });

  it('takes ordinary names, Chinese and odd ones too', () => {
    for (const path of ['meta/info.json', '数据/抓取 01.mp4', 'a..b/..c', '#?%.txt', '.hidden'])
      expect(pathProblem(path)).toBeNull();
  });

  it('never leaves the root, whatever is sent', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', ':', '~', ' ') }), (path) => {
        if (pathProblem(path) === null) expect(localPathOf('/r/oot', path).startsWith('/r/oot/')).toBe(true);
      }),
    );
  });
});

describe('dataset.yaml', () => {
  it('parts words from declared facts', () => {
    const text = 'title: { zh: 分拣, en: Sorting }\nsummary: 一句话\ntaskFamilies: [sorting]\nrobot: { dof: 6 }\n';
    expect(parseDatasetYaml(text, 'f')).toEqual({
      title: { zh: '分拣', en: 'Sorting' },
      summary: { zh: '一句话', en: null },
      declared: { taskFamilies: ['sorting'], robot: { dof: 6 } },
    });
  });

  it.each([
    ['', '"title" is missing'],
    ['title: ""', 'title'],
    ['title: [1]', 'title'],
    ['title: {fr: x}', 'title'],
    ['- a', 'the file'],
    ['title: "x', 'f: '],
  ])('says what is wrong with %j', (text, why) => {
    expect(() => parseDatasetYaml(text, 'f')).toThrow(why);
  });

  it('names every fault of the syntax, and every key that stands twice', () => {
    const twice = 'title: x\nrobot: { dof: 6, dof: 7 }\ntitle: y';
    expect(() => parseDatasetYaml(twice, 'f')).toThrow('the key "title" stands twice; the key "dof" stands twice');
    const broken = 'title: x\nrobot: { dof: 6 ]\naction: [a, b }\n';
    expect(() => parseDatasetYaml(broken, 'f')).toThrow(/line 2.*; .*line 3/s);
  });

  const HOSTILE: [string, string, string][] = [
    ['open brackets', '['.repeat(500_000), 'nested too deeply'],
    ['brackets that close', '['.repeat(300_000) + ']'.repeat(300_000), 'nested too deeply'],
    ['nested dashes', '\n - ' + '- '.repeat(200_000) + 'x', 'nested too deeply'],
    [
      'many anchors',
      '\n' + Array.from({ length: 30_000 }, (_, i) => ` k${i}: &a${i} 1\n r${i}: *a${i}`).join('\n'),
      'anchors',
    ],
    ['ten megabytes', 'x'.repeat(10_000_000), 'larger than 1 MiB'],
  ];
  it.each(HOSTILE)('refuses %s quickly', (_, value, why) => {
    const start = performance.now();
    expect(() => parseDatasetYaml(`title: x\nother: ${value}`, 'f')).toThrow(why);
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  it('reads sixty thousand keys in the time that their number takes', () => {
    const text = Array.from({ length: 60_000 }, (_, i) => ` k${i}: 1`).join('\n');
    const start = performance.now();
    expect(Object.keys(parseDatasetYaml(`title: x\nother:\n${text}`, 'f').declared['other'] as object)).toHaveLength(
      60_000,
    );
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('takes brackets and stars that are text', () => {
    const stars = Array.from({ length: 60 }, (_, i) => `${i}: "*[[&{"`).join('\n  ');
    expect(parseDatasetYaml(`title: x\nother:\n  ${stars}`, 'f').title.en).toBe('x');
  });

  it('refuses a bomb of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
    expect(() => parseDatasetYaml(`title: x\n${lines.join('\n')}`, 'f')).toThrow('alias');
  });
});
