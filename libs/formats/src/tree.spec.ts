import { describe, expect, it } from '@jest/globals';
import { FindingLog } from './findings.js';
import { checkTree, refusalOfPath } from './tree.js';

async function refused(...paths: string[]): Promise<(string | undefined)[]> {
  const log = new FindingLog(10);
  const files = paths.map((path) => ({ path, sizeBytes: 0 }));
  await checkTree({ files, open: () => Promise.reject(new Error('nothing is opened')) }, log);
  return log.toList().map(({ code, path }) => (code === 'PATH_REFUSED' ? path : code));
}

describe('names of files', () => {
  it('may be in any script', () => {
    for (const path of ['数据/片段.mp4', 'données/été.parquet', '🤖/a.json', 'بيانات/a.json'])
      expect(refusalOfPath(path)).toBeNull();
  });

  it.each(['a\u202etxt.exe', 'a\u2066b\u2069.txt', 'a\u202ab'])('may not turn the direction of reading: %j', (path) => {
    expect(refusalOfPath(path)).toContain('direction of reading');
  });

  it('may not differ only in how an accent is coded', async () => {
    expect(await refused('caf\u00e9.txt', 'cafe\u0301.txt')).toEqual(['cafe\u0301.txt']);
    expect(await refused('cafe\u0301.txt', 'cafe.txt')).toEqual([]);
  });
});

describe('a finding', () => {
  it('is one line, whatever a decoder said over many', () => {
    const log = new FindingLog(10);
    log.add('METADATA_INVALID', 'cannot be decoded: bad at line 1:\n\n[[[[\n^\n\u001b[2Jname\u0000');

    expect(log.toList()[0]?.message).toBe('cannot be decoded: bad at line 1: [[[[ ^ [2Jname');
  });
});
