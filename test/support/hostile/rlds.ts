import { crc32c, maskedCrc32c } from '../../../libs/formats/src/rlds/crc32c.js';
import { makeRecording } from '../recordings.js';
import {
  encodeExample,
  frameRecord,
  recordingExample,
  recordingFeatures,
  shardName,
  writeRlds,
  writeRldsFiles,
} from '../written/rlds.js';
import { gzipBomb } from './bombs.js';
import { cut, deepBrackets, deepJson, flipped, overwritten, u32, u64, U64_MAX } from './damage.js';
import type { HostileUpload, Upload } from './hostile-upload.js';
import { fileOf, variants, withFiles } from './hostile-upload.js';
import { PAGE, POINTER } from './lerobot.js';

const recording = makeRecording({ episodes: 2, frames: 10, width: 16, height: 12, cameras: ['top'] });
const [first] = recording;
if (!first) throw new Error('no recording was made');
const SHARD = shardName('made_up', 0, 1);
const BAD: HostileUpload['expected'] = [
  'BAD_TFRECORD',
  'TRUNCATED_FILE',
  'CRC_MISMATCH',
  'SHARD_COUNT_MISMATCH',
  'TOO_LARGE',
  'BAD_MAGIC',
  'METADATA_INVALID',
  'LFS_POINTER',
  'UNSUPPORTED_FORMAT',
  'FEATURE_MISSING',
  'MISSING_INFO',
  'EPISODE_COUNT_MISMATCH',
];
const changed = (path: string, change: (bytes: Buffer) => Uint8Array): Upload => {
  const upload = writeRlds(recording);
  return withFiles(upload, { [path]: change(fileOf(upload, path)) });
};

/** The length of a record with a right checksum of its own. */
function lengthOf(value: bigint): Buffer {
  const length = u64(value);
  return Buffer.concat([length, u32(maskedCrc32c(crc32c(length)))]);
}
const example = encodeExample(recordingExample(first));
const asOne = (record: Uint8Array, features: unknown = recordingFeatures(first)): Upload =>
  writeRldsFiles([record], features);

export const rldsUploads: readonly HostileUpload[] = [
  ...variants<(bytes: Buffer) => Uint8Array>(
    'RLDS shard',
    {
      'cut inside a length': (bytes) => cut(bytes, 5),
      'cut behind a length': (bytes) => cut(bytes, 12),
      'cut inside a record': (bytes) => cut(bytes, 500),
      'cut before a checksum': (bytes) => cut(bytes, -4),
      'cut at the last byte': (bytes) => cut(bytes, -1),
      empty: () => Buffer.alloc(0),
      'with a record of 2^64-1 bytes': (bytes) => overwritten(bytes, 0, lengthOf(U64_MAX)),
      'with a record of 2^53 bytes': (bytes) => overwritten(bytes, 0, lengthOf(2n ** 53n)),
      'with a record of 2^63 bytes': (bytes) => overwritten(bytes, 0, lengthOf(2n ** 63n)),
      'with flipped bits': (bytes) => flipped(bytes, 12, 5),
      'packed by gzip': () => gzipBomb(2 ** 30),
      'that is a web page': () => Buffer.from(PAGE),
      'that is a pointer': () => Buffer.from(POINTER),
      'of 100,000 empty records': () => Buffer.alloc(16 * 100_000, frameRecord(new Uint8Array(0))),
    },
    (change) => changed(SHARD, change),
    BAD,
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'RLDS features.json',
    {
      '100,000 objects deep': () => deepJson(100_000),
      '100,000 brackets deep': () => deepBrackets(100_000),
      'of a web page': () => Buffer.from(PAGE),
      cut: (bytes) => cut(bytes, bytes.length >> 1),
    },
    (change) => changed('features.json', change),
    [...BAD, 'FEATURE_SHAPE_MISMATCH'],
  ),
  ...variants(
    'RLDS features.json with a tensor of',
    { '10^15 values': '1000000000000000', '-7 values': '-7' },
    (length) =>
      changed('features.json', (bytes) =>
        Buffer.from(bytes.toString().replace('"dimensions":["7"]', `"dimensions":["${length}"]`)),
      ),
    // It is left out, and the buyer is told.
    'sound',
  ),
  ...variants<(bytes: Buffer) => Uint8Array>(
    'RLDS dataset_info.json',
    {
      'with 10^6 shards': (bytes) =>
        Buffer.from(
          bytes.toString().replace(/"shardLengths":\[[^\]]*\]/, `"shardLengths":[${'"1",'.repeat(999_999)}"1"]`),
        ),
      'with a shard of 10^30 records': (bytes) =>
        Buffer.from(bytes.toString().replace(/"shardLengths":\["\d+"\]/, `"shardLengths":["1${'0'.repeat(30)}"]`)),
      'with a shard of NaN records': (bytes) =>
        Buffer.from(bytes.toString().replace(/"shardLengths":\["\d+"\]/, '"shardLengths":[NaN]')),
      '100,000 objects deep': () => deepJson(100_000),
    },
    (change) => changed('dataset_info.json', change),
    BAD,
  ),
  ...variants<() => Upload>(
    'RLDS record',
    {
      'of noise': () => asOne(flipped(example, 77, 400)),
      'of 10^6 empty features': () => asOne(Buffer.alloc(2_000_000, Buffer.from([0x0a, 0x00]))),
      'of groups without end': () => asOne(Buffer.alloc(1_000_000, 0x0b)),
      'whose actions are NaN': () =>
        asOne(
          encodeExample({
            ...recordingExample(first),
            'steps/action': { floats: first.action.map((value, i) => (i === 9 ? Number.NaN : value)) },
          }),
        ),
      'without steps': () => asOne(encodeExample({})),
    },
    (build) => build(),
    [...BAD, 'NAN_OR_INF', 'EMPTY_EPISODE', 'BAD_MESSAGE'],
  ),
];
