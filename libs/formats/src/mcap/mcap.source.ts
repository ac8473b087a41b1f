import type { FormatReader } from '../dataset-source.js';
import { openRecordings } from '../ros/bag-source.js';
import { findRecordings, naturalOrder, stemOf } from '../ros/recording-files.js';
import { isMagic, MAGIC } from './mcap-record.js';
import { mcapInPlace, McapPart } from './mcap-part.js';

const MCAP = /\.mcap$/i;

/**
 * MCAP recordings: every file is an episode.
 * @see https://mcap.dev/spec
 */
export const mcapReader: FormatReader = {
  title: 'MCAP',

  find: (tree) =>
    findRecordings(
      tree,
      ({ path, content }) => (content ? content === 'mcap' : MCAP.test(path)),
      async (source) => source.sizeBytes >= MAGIC.byteLength && isMagic(await source.read(0, MAGIC.byteLength)),
    ),

  open(files, log) {
    const recordings = naturalOrder(files.list(MCAP, 'mcap')).map((path) => ({
      sourceKey: stemOf(path),
      notes: new Map<string, string>(),
      parts: [new McapPart(files.full(path), async () => mcapInPlace(await files.open(path)), log)],
    }));
    return openRecordings(recordings, 'mcap', 'mcap', log);
  },
};
