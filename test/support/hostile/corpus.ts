import { bagUploads } from './bags.js';
import { hdf5Uploads } from './hdf5.js';
import type { HostileUpload } from './hostile-upload.js';
import { lerobotUploads } from './lerobot.js';
import { mcapUploads } from './mcap.js';
import { nameUploads } from './names.js';
import { parquetUploads } from './parquet.js';
import { rldsUploads } from './rlds.js';
import { videoUploads } from './video.js';
import { zarrUploads } from './zarr.js';

/** Everything that a market must survive, over all formats, and a few sound sets that it must not refuse. */
export const HOSTILE_CORPUS: readonly HostileUpload[] = [
  ...nameUploads,
  ...lerobotUploads,
  ...parquetUploads,
  ...videoUploads,
  ...mcapUploads,
  ...bagUploads,
  ...hdf5Uploads,
  ...rldsUploads,
  ...zarrUploads,
];
