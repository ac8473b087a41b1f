import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { Channel, LoggedMessage, PartSurvey, Recording, RecordingPart } from '../ros/recording.js';
import { groupBy, naturalOrder, stemOf } from '../ros/recording-files.js';
import type { DatasetFiles } from '../tree.js';
import type { BagMetadata } from './bag-metadata.js';
import { METADATA, readBagMetadata } from './bag-metadata.js';
import { openStorage } from './bag-storage.js';

/** The storage files of one folder as recordings: one if `metadata.yaml` binds them, else one for every run of splits. */
export async function readBagFolder(
  files: DatasetFiles,
  folder: string,
  storage: readonly string[],
  log: FindingLog,
): Promise<Recording[]> {
  for (const path of storage)
    if (files.sizeOf(`${path}-wal`) > 0)
      log.add(
        'TRUNCATED_FILE',
        'the bag was not closed, its last messages lie in the -wal file: run "ros2 bag reindex"',
        {
          path: files.full(path),
        },
      );
  const metadata = await metadataOf(files, folder, log);
  if (!metadata) {
    const runs = groupBy(naturalOrder(storage), (path) =>
      /\.db3/.test(path) ? stemOf(path).replace(/_\d+$/, '') : path,
    );
    return [...runs.values()].map((paths) => ({
      sourceKey: keyOf(files, folder, paths, runs.size),
      notes: new Map<string, string>(),
      parts: paths.map((path) => openStorage(files, path, null, log)),
    }));
  }
  const paths = orderOf(files, folder, storage, metadata, log);
  const check = new CountCheck(metadata, files.full(folder + METADATA), log);
  return [
    {
      sourceKey: keyOf(files, folder, paths, 1),
      notes: metadata.customData,
      parts: paths.map((path, i) => {
        // The counts are over all files of the folder: the first one tells them.
        const part = openStorage(files, path, i === 0 ? metadata.topicCounts : new Map(), log);
        return check.watch(part, i === 0, i === paths.length - 1);
      }),
    },
  ];
}

async function metadataOf(files: DatasetFiles, folder: string, log: FindingLog): Promise<BagMetadata | null> {
  const path = folder + METADATA;
  if (!files.has(path)) return null;
  try {
    return await readBagMetadata(files, path);
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    log.add(error.code, error.message, { ...error.detail, path: files.full(path) });
    return null;
  }
}

/** The folder's files in the order of the metadata; where those name others, the folder counts. */
function orderOf(
  files: DatasetFiles,
  folder: string,
  storage: readonly string[],
  metadata: BagMetadata,
  log: FindingLog,
): string[] {
  const there = naturalOrder(storage);
  const listed = metadata.files.map((name) => folder + name);
  if (listed.length === there.length && listed.every((path) => there.includes(path))) return listed;
  const path = files.full(folder + METADATA);
  const absent = listed.filter((name) => !there.includes(name));
  if (listed.length > there.length)
    for (const name of absent.slice(0, 100))
      log.add('MISSING_DATA_FILE', 'metadata.yaml names a file of the bag that is not there', {
        path: files.full(name),
      });
  else
    log.add('STALE_PATHS', 'metadata.yaml names other files than the folder holds: the folder is followed', {
      path,
      expected: metadata.files.slice(0, 5).join(', '),
      actual: there.slice(0, 5).join(', '),
    });
  return there;
}

/** A bag is known by its folder; at the root of an upload by the name of its files. */
function keyOf(files: DatasetFiles, folder: string, paths: readonly string[], recordings: number): string {
  const name = (files.root + folder).split('/').at(-2);
  const stem = stemOf(paths[0] ?? '');
  if (recordings > 1) return stem.replace(/_\d+$/, '');
  return folder.replace(/\/$/, '') || name || stem.replace(/_0$/, '');
}

/** Compares the messages of all parts with what the metadata announce. */
class CountCheck {
  private count = 0;
  private isTold = false;

  constructor(
    private readonly metadata: BagMetadata,
    private readonly path: string,
    private readonly log: FindingLog,
  ) {}

  watch(part: RecordingPart, isFirst: boolean, isLast: boolean): RecordingPart {
    const { metadata } = this;
    const packed = new WeakMap<Channel, Channel>();
    const asPacked = (channel: Channel): Channel => {
      if (!metadata.isPackedByMessage) return channel;
      let known = packed.get(channel);
      if (!known) packed.set(channel, (known = { ...channel, isPacked: true }));
      return known;
    };
    const survey: RecordingPart['survey'] = async (wanted, onFirst): Promise<PartSurvey> => {
      const found = await part.survey(
        (channel) => wanted(asPacked(channel)),
        (message) => onFirst({ ...message, channel: asPacked(message.channel) }),
      );
      return { ...found, counts: new Map([...found.counts].map(([channel, count]) => [asPacked(channel), count])) };
    };
    const messages = (isNeeded: (channel: Channel) => boolean) =>
      this.counted(part, asPacked, isNeeded, isFirst, isLast);
    return { path: part.path, survey, messages };
  }

  private async *counted(
    part: RecordingPart,
    asPacked: (channel: Channel) => Channel,
    isNeeded: (channel: Channel) => boolean,
    isFirst: boolean,
    isLast: boolean,
  ): AsyncGenerator<LoggedMessage> {
    if (isFirst) this.count = 0;
    for await (const message of part.messages((channel) => isNeeded(asPacked(channel)))) {
      this.count += 1;
      yield this.metadata.isPackedByMessage ? { ...message, channel: asPacked(message.channel) } : message;
    }
    const { messageCount } = this.metadata;
    if (!isLast || this.isTold || messageCount === null || messageCount === this.count) return;
    this.isTold = true;
    this.log.add('FRAME_COUNT_MISMATCH', 'metadata.yaml announces another number of messages than the bag holds', {
      path: this.path,
      expected: `${messageCount} messages`,
      actual: `${this.count}`,
    });
  }
}
