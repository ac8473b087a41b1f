import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { McapStreamReader } from '@mcap/core';
import { loadDecompressHandlers } from '@mcap/support';
import { mcapReader } from '../../../libs/formats/src/mcap/mcap.source.js';
import { DiskFileTree, MemoryFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { expectGolden } from './golden-file.js';
import { digest, readAll } from './reading.js';

describeWithSharedData('real MCAP files', () => {
  it('reads Lichtblick’s files as the golden file has them', async () => {
    const tree = await DiskFileTree.of(sharedData('mcap-lichtblick'));

    const read = await readAll(mcapReader, tree);
    await tree.close();

    expectGolden('mcap/golden/lichtblick.json', digest(read));
    expect(read.source?.head.cameras).toMatchObject([
      { key: '/image/compressed', width: 520, height: 360, kind: 'rgb', hasIntrinsics: true },
    ]);
    expect(read.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it.each([
    'mcap-lichtblick/custom-camera-model.mcap',
    'mcap-lichtblick/example.mcap',
    'rosbag2-fixtures/resources/mcap/bag_with_topics_and_service_events/bag_with_topics_and_service_events.mcap',
    'rosbag2-fixtures/test/resources/mcap/talker/talker.mcap',
    'rosbag2-fixtures/test/resources/mcap/wbag/wbag_2.mcap',
  ])('gives every message of %s as the MCAP project’s own reader does', async (path) => {
    const bytes = readFileSync(sharedData(path));
    const { McapPart, mcapInPlace } = await import('../../../libs/formats/src/mcap/mcap-part.js');
    const { FindingLog } = await import('../../../libs/formats/src/findings.js');
    const { bufferSource } = await import('../../support/file-trees.js');
    const log = new FindingLog(10);
    const part = new McapPart(path, () => Promise.resolve(mcapInPlace(bufferSource(bytes))), log);

    const seen = [];
    for await (const { channel, logTimeNs, data } of part.messages())
      seen.push([channel.topic, channel.type, logTimeNs, Buffer.from(data).toString('base64')]);

    expect(seen).toEqual(await messagesByLibrary(bytes));
    expect(seen.length).toBeGreaterThan(0);
    expect(log.hasErrors).toBe(false);
  });

  it('keeps the messages of whole chunks of a file that breaks off, and says how much is missing', async () => {
    const bytes = readFileSync(sharedData('mcap-lichtblick/custom-camera-model.mcap'));
    const tree = new MemoryFileTree(new Map([['cut.mcap', bytes.subarray(0, bytes.byteLength - 3000)]]));

    const { findings } = await readAll(mcapReader, tree);

    expect(findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)).toEqual(['TRUNCATED_FILE']);
  });
});

async function messagesByLibrary(bytes: Uint8Array) {
  const reader = new McapStreamReader({ decompressHandlers: await loadDecompressHandlers() });
  reader.append(bytes);
  const schemas = new Map<number, string>();
  const channels = new Map<number, { topic: string; schemaId: number }>();
  const messages = [];
  for (let record = reader.nextRecord(); record; record = reader.nextRecord()) {
    if (record.type === 'Schema') schemas.set(record.id, record.name);
    if (record.type === 'Channel') channels.set(record.id, record);
    if (record.type !== 'Message') continue;
    const channel = channels.get(record.channelId);
    const type = schemas.get(channel?.schemaId ?? 0) ?? '';
    messages.push([channel?.topic, type, record.logTime, Buffer.from(record.data).toString('base64')]);
  }
  return messages;
}
