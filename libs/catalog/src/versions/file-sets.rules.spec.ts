import { describe, expect, it } from '@jest/globals';
import { FileSets } from './file-sets.rules.js';

function setsOf(paths: readonly string[], mediaType = 'application/octet-stream') {
  const sets = new FileSets();
  for (const path of paths) sets.add({ path, role: 'data', mediaType });
  return sets.finish().map(({ id, includes, files }) => [id, includes, files]);
}

describe('file sets', () => {
  it('take counted folders and names together, and keep the others apart', () => {
    expect(setsOf(['data/chunk-000/a.parquet', 'data/chunk-001/b.parquet', 'extra/c.parquet'])).toEqual([
      ['data-parquet', ['data/*/*.parquet', 'extra/*.parquet'], 3],
    ]);
  });

  it('take a counter at the end of a name for a counter, and a short ending for a name', () => {
    expect(setsOf(['x.tfrecord-00000-of-00002', 'x.tfrecord-00001-of-00002', 'demo.hdf5', 'a/clip.mp4'])).toEqual([
      ['data-hdf5', ['demo.hdf5'], 1],
      ['data-mp4', ['a/*.mp4'], 1],
      ['data-tfrecord-of', ['x.tfrecord-00000-of-00002', 'x.tfrecord-00001-of-00002'], 2],
    ]);
  });

  it('let no name be read as a pattern, and no identifier hold white space', () => {
    expect(setsOf(['a[1]/b c.bin', '抓 取/第一集.数据', 'no ending'])).toEqual([
      ['data-bin', ['*/*.bin'], 1],
      ['data-files', ['no ending', '抓 取/第一集.数据'], 2],
    ]);
    expect(setsOf(['w{x}/[y]'])).toEqual([['data-files', ['w?x?/?y?'], 1]]);
  });

  it('stay few and short, whatever a provider calls his files', () => {
    const kinds = setsOf(
      Array.from({ length: 500 }, (_, i) => `f.${[...String(i)].map((d) => 'abcdefghij'[Number(d)]).join('')}`),
    );
    const folders = setsOf(Array.from({ length: 500 }, (_, i) => `${'x'.repeat(i + 1)}/f.bin`));

    expect(kinds).toHaveLength(41);
    expect(kinds.reduce((sum, [, , files]) => sum + Number(files), 0)).toBe(500);
    expect(folders).toEqual([['data-bin', ['**/*.bin'], 500]]);
  });
});
