import { agibotReader } from './agibot/agibot.source.js';
import type { FormatReader } from './dataset-source.js';
import { alohaReader } from './hdf5/aloha.source.js';
import { robomimicReader } from './hdf5/robomimic.source.js';
import { lerobotReader } from './lerobot/lerobot.source.js';
import { mcapReader } from './mcap/mcap.source.js';
import { rldsReader } from './rlds/rlds.reader.js';
import { rosbag1Reader } from './rosbag1/rosbag1.source.js';
import { rosbag2Reader } from './rosbag2/rosbag2.source.js';
import { replayBufferReader } from './zarr/replay-buffer.reader.js';

/**
 * Every format that can be read. To add one: write its reader in a folder of its own and add it here.
 *
 * The order is the precedence: where two readers find a dataset at the same root, or one inside the other's,
 * the earlier one gets it. So the reader that knows more about its files stands before the one that knows less:
 * LeRobot first (a set may carry its raw recordings), AgiBot World before other HDF5, a rosbag2 folder before bare MCAP.
 */
export const READERS: readonly FormatReader[] = [
  lerobotReader,
  rldsReader,
  replayBufferReader,
  agibotReader,
  robomimicReader,
  alohaReader,
  rosbag2Reader,
  mcapReader,
  rosbag1Reader,
];
