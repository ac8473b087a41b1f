import { crc32c, maskedCrc32c } from '../../../libs/formats/src/rlds/crc32c.js';
import type { RecordedEpisode } from '../recordings.js';

/** What one feature of an example holds. */
export type FeatureValue =
  | { readonly floats: ArrayLike<number> }
  | { readonly ints: readonly (number | bigint)[] }
  | { readonly bytes: readonly Uint8Array[] };

/** Features of an episode by key. */
export type WrittenExample = Readonly<Record<string, FeatureValue>>;

const text = (value: string): Uint8Array => Buffer.from(value, 'utf8');

function varint(value: number | bigint): number[] {
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return bytes;
}

const field = (number: number, payload: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(payload.length)]), payload]);

/** A `tf.train.Example`, as TensorFlow writes it: lists of numbers packed. `isPacked` false writes them one by one. */
export function encodeExample(example: WrittenExample, isPacked = true): Buffer {
  const entries = Object.entries(example).map(([key, value]) =>
    field(1, Buffer.concat([field(1, text(key)), field(2, encodeFeature(value, isPacked))])),
  );
  return field(1, Buffer.concat(entries));
}

function encodeFeature(value: FeatureValue, isPacked: boolean): Buffer {
  if ('bytes' in value) return field(1, Buffer.concat(value.bytes.map((bytes) => field(1, bytes))));
  if ('floats' in value) {
    const values = Float32Array.from(value.floats);
    const packed = Buffer.from(values.buffer);
    if (isPacked) return field(2, field(1, packed));
    const single = Array.from(values, (_, i) => Buffer.concat([Buffer.from([13]), packed.subarray(i * 4, i * 4 + 4)]));
    return field(2, Buffer.concat(single));
  }
  if (isPacked) return field(3, field(1, Buffer.from(value.ints.flatMap(varint))));
  return field(3, Buffer.concat(value.ints.map((int) => Buffer.from([8, ...varint(int)]))));
}

/** One record with its framing. */
export function frameRecord(payload: Uint8Array): Buffer {
  const header = Buffer.alloc(12);
  header.writeBigUInt64LE(BigInt(payload.length));
  header.writeUInt32LE(maskedCrc32c(crc32c(header.subarray(0, 8))), 8);
  const trailer = Buffer.alloc(4);
  trailer.writeUInt32LE(maskedCrc32c(crc32c(payload)));
  return Buffer.concat([header, payload, trailer]);
}

const tensor = (dtype: string, ...shape: number[]) => ({
  pythonClassName: 'tensorflow_datasets.core.features.tensor_feature.Tensor',
  tensor: { shape: shape.length ? { dimensions: shape.map(String) } : {}, dtype, encoding: 'none' },
});
const featuresDict = (features: Readonly<Record<string, unknown>>) => ({ featuresDict: { features } });

/** The tree of features.json for `steps` and the metadata of an episode. */
export function featuresJson(
  steps: Readonly<Record<string, unknown>>,
  metadata: Readonly<Record<string, unknown>> = {},
): unknown {
  return featuresDict({
    steps: { sequence: { feature: featuresDict(steps), length: '-1' } },
    episode_metadata: featuresDict(metadata),
  });
}

/** The files of a dataset: one split `train`, its records shared out over `shards`. */
export function writeRldsFiles(
  examples: readonly Uint8Array[],
  features: unknown,
  { name = 'made_up', shards = 1 }: { name?: string; shards?: number } = {},
): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const lengths: string[] = [];
  const perShard = Math.ceil(examples.length / shards);
  for (let shard = 0; shard < shards; shard += 1) {
    const records = examples.slice(shard * perShard, (shard + 1) * perShard);
    lengths.push(String(records.length));
    files.set(shardName(name, shard, shards), Buffer.concat(records.map(frameRecord)));
  }
  const numBytes = String(examples.reduce((sum, example) => sum + example.length, 0));
  const info = {
    name,
    version: '1.0.0',
    fileFormat: 'tfrecord',
    splits: [{ name: 'train', numBytes, shardLengths: lengths }],
  };
  files.set('dataset_info.json', text(JSON.stringify(info)));
  files.set('features.json', text(JSON.stringify(features)));
  return files;
}

export const shardName = (name: string, shard: number, shards: number): string =>
  `${name}-train.tfrecord-${String(shard).padStart(5, '0')}-of-${String(shards).padStart(5, '0')}`;

/** features.json of `recordingExample`: the pictures as plain uint8 tensors, one byte string a step. */
export function recordingFeatures(episode: RecordedEpisode): unknown {
  const observation: Record<string, unknown> = { state: tensor('float32', episode.joints.length) };
  for (const camera of Object.keys(episode.images)) {
    const picture = tensor('uint8', episode.height, episode.width, 3);
    observation[camera] = { ...picture, tensor: { ...picture.tensor, encoding: 'bytes' } };
  }
  return featuresJson(
    {
      observation: featuresDict(observation),
      action: tensor('float32', episode.joints.length),
      reward: tensor('float32'),
      discount: tensor('float32'),
      is_first: tensor('bool'),
      is_last: tensor('bool'),
      is_terminal: tensor('bool'),
      language_instruction: { text: {} },
    },
    { success: tensor('bool') },
  );
}

/** An episode of the made-up recording as RLDS has it. */
export function recordingExample(episode: RecordedEpisode): WrittenExample {
  const steps = Array.from({ length: episode.frames }, (_, step) => step);
  const isLast = steps.map((step) => Number(step === episode.frames - 1));
  const isSuccess = episode.outcome === 'success';
  const images = Object.entries(episode.images).map(([camera, pictures]) => [
    `steps/observation/${camera}`,
    { bytes: pictures },
  ]);
  return {
    'steps/observation/state': { floats: episode.state },
    'steps/action': { floats: episode.action },
    'steps/reward': { floats: isLast.map((last) => (isSuccess ? last : 0)) },
    'steps/discount': { floats: steps.map(() => 1) },
    'steps/is_first': { ints: steps.map((step) => Number(step === 0)) },
    'steps/is_last': { ints: isLast },
    'steps/is_terminal': { ints: isLast },
    'steps/language_instruction': { bytes: steps.map(() => text(episode.task)) },
    'episode_metadata/success': { ints: [Number(isSuccess)] },
    ...(Object.fromEntries(images) as WrittenExample),
  };
}

/** The recording as an RLDS dataset. */
export function writeRlds(recording: readonly RecordedEpisode[], shards = 1): Map<string, Uint8Array> {
  const [first] = recording;
  if (!first) throw new Error('a dataset needs an episode');
  return writeRldsFiles(
    recording.map((episode) => encodeExample(recordingExample(episode))),
    recordingFeatures(first),
    { shards },
  );
}
