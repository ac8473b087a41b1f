import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import protobuf from 'protobufjs';
import { DiskFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import type { ReadEpisode } from './reading.js';
import { digest, readRlds } from './reading.js';

const GOLDEN = fileURLToPath(new URL('./golden/bridge-debug.json', import.meta.url));

const SHARD = 'rlds-bridge-debug/bridge_dataset/1.0.0/bridge_dataset-train.tfrecord-00000-of-00001';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

interface DecodedFeature {
  readonly bytesList?: { readonly value: readonly Uint8Array[] };
  readonly floatList?: { readonly value: readonly number[] };
  readonly int64List?: { readonly value: readonly unknown[] };
}

/** The records of a shard by the schema of TensorFlow, without a line of the reader's. */
function decodedExamples(shard: Buffer): Record<string, DecodedFeature>[] {
  const { root } = protobuf.parse(`syntax = "proto3";
    message BytesList { repeated bytes value = 1; }
    message FloatList { repeated float value = 1; }
    message Int64List { repeated int64 value = 1; }
    message Feature { oneof kind { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; } }
    message Features { map<string, Feature> feature = 1; }
    message Example { Features features = 1; }`);
  const type = root.lookupType('Example');
  const examples: Record<string, DecodedFeature>[] = [];
  for (let at = 0; at < shard.length;) {
    const length = Number(shard.readBigUInt64LE(at));
    const decoded = type.decode(shard.subarray(at + 12, at + 12 + length)) as unknown as {
      features: { feature: Record<string, DecodedFeature> };
    };
    examples.push(decoded.features.feature);
    at += length + 16;
  }
  return examples;
}

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

  it('gives the values that protobuf’s own decoder gives', async () => {
    const tree = await DiskFileTree.of(sharedData('rlds-bridge-debug'));
    const { episodes } = await readRlds(tree);
    await tree.close();

    for (const [i, example] of decodedExamples(readFileSync(sharedData(SHARD))).entries()) {
      const { rows, texts, pictures } = episodes[i] as ReadEpisode;
      const numbers = (key: string) => example[key]?.floatList?.value ?? example[key]?.int64List?.value.map(Number);
      const bytes = (key: string) => example[key]?.bytesList?.value ?? [];
      expect(rows['observation.state']).toEqual(numbers('steps/observation/state'));
      expect(rows['action']).toEqual(numbers('steps/action'));
      expect(rows['language_embedding']).toEqual(numbers('steps/language_embedding'));
      expect(rows['is_first']).toEqual(numbers('steps/is_first'));
      expect(texts['language_instruction']).toEqual(bytes('steps/language_instruction').map(String));
      for (let k = 0; k < 4; k += 1)
        expect((pictures[`observation.image_${k}`] ?? []).map((picture) => hex(picture.bytes))).toEqual(
          bytes(`steps/observation/image_${k}`).map(hex),
        );
    }
  });

  it('reads one episode alone, with the same content', async () => {
    const tree = await DiskFileTree.of(sharedData('rlds-bridge-debug'));

    const all = await readRlds(tree);
    const one = await readRlds(tree, new Set([17]));
    await tree.close();

    expect(one.episodes.map(digest)).toEqual([digest(all.episodes[17] as (typeof all.episodes)[number])]);
  });
});
