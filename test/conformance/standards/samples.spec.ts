import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { datasetYamlSchema } from '@app/catalog';
import { measureDataset } from '@app/formats';
import { EMBODIED_V2, evaluateProfile, gradeOf, isListable } from '@app/standards';
import { parse } from 'yaml';
import { DiskFileTree } from '../../support/file-trees.js';

const folder = (name: string): string => new URL(`../../../samples/${name}`, import.meta.url).pathname;

describe.each(['sorting', 'grasping', 'placement'])('the sample %s', (name) => {
  it('reaches grade B by what is measured and declared, and A once its release is signed and logged', async () => {
    const tree = await DiskFileTree.of(folder(name));
    const declared = datasetYamlSchema.parse(parse(await readFile(`${folder(name)}/dataset.yaml`, 'utf8')));
    const measure = await measureDataset(tree, { onEpisode: () => undefined });
    const files = tree.files.map(({ path, sizeBytes }) => ({
      path,
      sizeBytes,
      sha256: 'a'.repeat(64),
      mediaType: 'application/octet-stream',
      verified: true,
    }));

    const results = evaluateProfile(EMBODIED_V2, { measure, declared, files });
    const released = evaluateProfile(EMBODIED_V2, {
      measure,
      declared,
      files,
      release: { merkleRoot: 'b'.repeat(64), isSigned: true, isLogged: true },
    });

    expect(results.filter(({ result }) => result === 'fail')).toEqual([]);
    expect(isListable(results)).toBe(true);
    expect(gradeOf(results)).toMatchObject({ grade: 'B', next: { grade: 'A', failed: [], notChecked: ['AU-1'] } });
    expect(gradeOf(released).grade).toBe('A');
  });
});
