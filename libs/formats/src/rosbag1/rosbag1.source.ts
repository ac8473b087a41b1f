import type { FormatReader } from '../dataset-source.js';
import { openRecordings } from '../ros/bag-source.js';
import { findRecordings, naturalOrder, stemOf } from '../ros/recording-files.js';
import { BagPart } from './bag-part.js';

/** A bag that still carries `.active` was never closed. */
const BAG = /\.bag(\.active)?$/i;
const ANY_VERSION = '#ROSBAG V';

/**
 * ROS 1 bags: every file is an episode.
 * @see http://wiki.ros.org/Bags/Format/2.0
 */
export const rosbag1Reader: FormatReader = {
  title: 'ROS 1 bag',

  find: (tree) =>
    findRecordings(
      tree,
      ({ path, content }) => (content ? content === 'rosbag1' : BAG.test(path)),
      async (source) => {
        const head = await source.read(0, Math.min(source.sizeBytes, ANY_VERSION.length));
        return Buffer.from(head).toString('latin1') === ANY_VERSION;
      },
    ),

  open(files, log) {
    const recordings = naturalOrder(files.list(BAG, 'rosbag1')).map((path) => ({
      sourceKey: stemOf(path),
      notes: new Map<string, string>(),
      parts: [new BagPart(files.full(path), () => files.open(path), log)],
    }));
    return openRecordings(recordings, 'rosbag', 'rosbag1', log);
  },
};
