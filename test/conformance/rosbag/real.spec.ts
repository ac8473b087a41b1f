import { readFileSync } from 'node:fs';
import { Bag } from '@foxglove/rosbag';
import { expect, it } from '@jest/globals';
import { loadDecompressHandlers } from '@mcap/support';
import { FindingLog } from '../../../libs/formats/src/findings.js';
import { BagPart } from '../../../libs/formats/src/rosbag1/bag-part.js';
import { rosbag1Reader } from '../../../libs/formats/src/rosbag1/rosbag1.source.js';
import { rosbag2Reader } from '../../../libs/formats/src/rosbag2/rosbag2.source.js';
import { bufferSource, DiskFileTree, MemoryFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { expectGolden } from '../mcap/golden-file.js';
import { digest, readAll } from '../mcap/reading.js';

const FIXTURES = [
  'resources/mcap/bag_with_topics_and_service_events',
  'resources/mcap/cdr_test',
  'resources/mcap/wrong_rmw_test',
  'test/resources/mcap/convert_a',
  'test/resources/mcap/talker',
  'test/resources/mcap/wbag',
  'test/resources/sqlite3/talker',
  'test/resources/sqlite3/wbag',
];

describeWithSharedData('real ROS 2 bags', () => {
  it.each(FIXTURES)('reads %s as the golden file has it', async (folder) => {
    const tree = await DiskFileTree.of(sharedData(`rosbag2-fixtures/${folder}`));

    const read = await readAll(rosbag2Reader, tree);
    await tree.close();

    expectGolden(`rosbag/golden/${folder.split('resources/')[1]?.replace('/', '-')}.json`, digest(read));
    expect(read.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each(['talker', 'wbag'])('gives one content out of the MCAP and the SQLite twin of %s', async (name) => {
    const contents = [];
    for (const storage of ['mcap', 'sqlite3']) {
      const tree = await DiskFileTree.of(sharedData(`rosbag2-fixtures/test/resources/${storage}/${name}`));
      const { episodes } = await readAll(rosbag2Reader, tree);
      await tree.close();
      contents.push(episodes.map(({ texts, timesS }) => ({ texts, timesS })));
    }

    expect(contents[0]).toEqual(contents[1]);
    expect(Object.keys(contents[0]?.[0]?.texts ?? {}).length).toBeGreaterThan(0);
  });

  it('reads all bags of the folder as episodes of one set', async () => {
    const tree = await DiskFileTree.of(sharedData('rosbag2-fixtures'));

    const { roots, episodes } = await readAll(rosbag2Reader, tree);
    await tree.close();

    expect(roots).toEqual(['']);
    expect(episodes.map(({ episode }) => episode.sourceKey)).toEqual(FIXTURES);
  });

  it('stops a cut database at what is missing, and keeps the rest', async () => {
    const bytes = readFileSync(sharedData('rosbag2-fixtures/test/resources/sqlite3/wbag/wbag_0.db3'));
    const tree = new MemoryFileTree(new Map([['b/b_0.db3', bytes.subarray(0, 40_960)]]));

    const { findings, episodes } = await readAll(rosbag2Reader, tree);

    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining(['TRUNCATED_FILE', 'RECOVERED']));
    expect(episodes[0]?.texts['AAA']?.length).toBeGreaterThan(10);
  });
});

describeWithSharedData('real ROS 1 bags', () => {
  it('reads the turtles as the golden file has them, with the numbers of their provenance', async () => {
    const tree = new MemoryFileTree(
      new Map([['example-lz4.bag', readFileSync(sharedData('rosbag1/example-lz4.bag'))]]),
    );

    const read = await readAll(rosbag1Reader, tree);

    expectGolden('rosbag/golden/example-lz4.json', digest(read));
    const part = bagPart('rosbag1/example-lz4.bag');
    const { counts } = await part.survey(
      () => false,
      () => undefined,
    );
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(8647);
    expect(counts.size).toBe(9);
  });

  it('gives every message as the usual library does', async () => {
    const part = bagPart('rosbag1/example-lz4.bag');

    const seen: string[] = [];
    for await (const { channel, logTimeNs, data } of part.messages())
      seen.push(`${channel.topic} ${logTimeNs} ${Buffer.from(data).toString('base64')}`);

    expect(seen.sort()).toEqual((await messagesByLibrary('rosbag1/example-lz4.bag')).sort());
    expect(seen).toHaveLength(8647);
  });

  it('refuses the empty file and the bag without messages for what they are', async () => {
    const tree = await DiskFileTree.of(sharedData('rosbag1'));

    const { findings, episodes } = await readAll(rosbag1Reader, tree);
    await tree.close();

    expect(findings.filter(({ severity }) => severity === 'error').map(({ code, path }) => [code, path])).toEqual([
      ['EMPTY_RECORDING', 'empty-file.bag'],
      ['EMPTY_RECORDING', 'no-messages.bag'],
    ]);
    expect(episodes.map(({ episode }) => episode.sourceKey)).toEqual(['empty-file', 'example-lz4', 'no-messages']);
  });
});

function bagPart(path: string): BagPart {
  const bytes = readFileSync(sharedData(path));
  return new BagPart(path, () => Promise.resolve(bufferSource(bytes)), new FindingLog(10));
}

async function messagesByLibrary(path: string): Promise<string[]> {
  const bytes = readFileSync(sharedData(path));
  const { lz4 } = await loadDecompressHandlers();
  const bag = new Bag(
    {
      read: (offset, length) => Promise.resolve(new Uint8Array(bytes.subarray(offset, offset + length))),
      size: () => bytes.byteLength,
    },
    { parse: false, decompress: { lz4: (data, size) => lz4?.(data, BigInt(size)) ?? data } },
  );
  await bag.open();
  const messages: string[] = [];
  for await (const { topic, timestamp, data } of bag.messageIterator())
    messages.push(
      `${topic} ${BigInt(timestamp.sec) * 1_000_000_000n + BigInt(timestamp.nsec)} ${Buffer.from(data).toString('base64')}`,
    );
  return messages;
}
