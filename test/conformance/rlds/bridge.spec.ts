import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { DiskFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { digest, readRlds } from './reading.js';

const GOLDEN = fileURLToPath(new URL('./golden/bridge-debug.json', import.meta.url));

describeWithSharedData('Bridge, 25 real episodes of Octo’s debug set', () => {
  it('reads every value, text and picture as the golden file has them', async () => {
    const tree = await DiskFileTree.of(sharedData('rlds-bridge-debug'));

    const { source, log, episodes } = await readRlds(tree);
    await tree.close();

    const seen = { head: source?.head, findings: log.toList(), episodes: episodes.map(digest) };
    if (!existsSync(GOLDEN)) {
      writeFileSync(GOLDEN, `${JSON.stringify(seen, null, 2)}\n`);
      throw new Error('the golden file was absent and has been recorded: review it, commit it, run again');
    }
    expect(JSON.parse(JSON.stringify(seen))).toEqual(JSON.parse(readFileSync(GOLDEN, 'utf8')));
  });

  it('finds nothing that forbids a listing, and says what its buyers should know', async () => {
    const tree = await DiskFileTree.of(sharedData('rlds-bridge-debug'));

    const { log, episodes } = await readRlds(tree);
    await tree.close();

    expect(episodes.map(({ episode }) => episode.announcedFrames)).toEqual(Array.from({ length: 25 }, () => 10));
    expect(log.hasErrors).toBe(false);
    expect(log.countOf('SPLIT_MISSING')).toBe(1);
    expect(log.countOf('PRIVATE_PATH_IN_DATA')).toBe(1);
    expect(log.countOf('BAD_TFRECORD')).toBe(25);
    // The fourth camera is black in every episode; has_image_0 to 2 say 0 beside real pictures, and are not believed.
    const placeholders = log.toList().filter((finding) => finding.code === 'EMPTY_CAMERA_PLACEHOLDER');
    expect(placeholders.map(({ camera }) => camera)).toEqual(Array.from({ length: 25 }, () => 'image_3'));
  });

  it('reads one episode alone, with the same content', async () => {
    const tree = await DiskFileTree.of(sharedData('rlds-bridge-debug'));

    const all = await readRlds(tree);
    const one = await readRlds(tree, new Set([17]));
    await tree.close();

    expect(one.episodes.map(digest)).toEqual([digest(all.episodes[17] as (typeof all.episodes)[number])]);
  });
});
