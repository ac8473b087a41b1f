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

  it('refuses a bomb of aliases', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i < 9; i++)
      lines.push(`a${i}: &a${i} [${Array.from({ length: 9 }, () => `*a${i - 1}`).join(', ')}]`);
    expect(() => parseDatasetYaml(`title: x\n${lines.join('\n')}`, 'f')).toThrow('alias');
  });
});
