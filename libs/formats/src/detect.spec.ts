import { describe, expect, it } from '@jest/globals';
import type { FormatReader } from './dataset-source.js';
import { Defect } from './defect.js';
import { recognise } from './detect.js';
import { FindingLog } from './findings.js';

const TREE = { files: [], open: () => Promise.reject(new Error('no file here')) };

function reader(title: string, roots: readonly string[]): FormatReader {
  return { title, find: () => Promise.resolve(roots), open: () => Promise.resolve(null) };
}

async function decide(...readers: FormatReader[]): Promise<{ answer: string | null; findings: string[] }> {
  const log = new FindingLog(10);
  const found = await recognise(TREE, readers, log);
  return {
    answer: found ? `${found.reader.title} at ${found.root || './'}` : null,
    findings: log.toList().map((finding) => `${finding.code} ${finding.actual ?? ''}`),
  };
}

describe('whose dataset an upload is', () => {
  it.each([
    ['one root of one reader', [reader('a', ['x/'])], 'a at x/', []],
    ['the same root of two: the earlier reader', [reader('a', ['']), reader('b', [''])], 'a at ./', []],
    ['a raw recording inside a set', [reader('a', ['']), reader('b', ['raw/'])], 'a at ./', []],
    ['the files of several episodes inside a set', [reader('a', ['']), reader('b', ['p/1/', 'p/2/'])], 'a at ./', []],
    ['several roots of one reader', [reader('a', ['x/', 'y/'])], 'a at x/', ['MULTIPLE_DATASETS x/, y/']],
    ['a set inside another of the same reader', [reader('a', ['', 'y/'])], 'a at ./', ['MULTIPLE_DATASETS ./, y/']],
    [
      'sets of two readers side by side',
      [reader('a', ['x/']), reader('b', ['y/'])],
      'a at x/',
      ['MULTIPLE_DATASETS x/ (a), y/ (b)'],
    ],
    [
      'a set with a recording of a later reader around it',
      [reader('a', ['x/']), reader('b', [''])],
      'a at x/',
      ['MULTIPLE_DATASETS x/ (a), ./ (b)'],
    ],
  ])('%s', async (_, readers, answer, findings) => {
    expect(await decide(...readers)).toEqual({ answer, findings });
  });

  it('hears the other readers when one trips over bad data', async () => {
    const tripping: FormatReader = {
      ...reader('a', []),
      find: () => Promise.reject(new Defect('BAD_MAGIC', 'broken')),
    };

    expect(await decide(tripping, reader('b', ['']))).toEqual({ answer: 'b at ./', findings: ['BAD_MAGIC '] });
  });

  it('does not swallow a fault of the source', async () => {
    const failing: FormatReader = { ...reader('a', []), find: () => Promise.reject(new Error('connection lost')) };

    await expect(decide(failing)).rejects.toThrow('connection lost');
  });
});
