import type { DatasetFiles } from '../tree.js';

const PROPRIO = /^proprio_stats\/([^/]+)\/([^/]+)\/proprio_stats\.h5$/;
const VIDEO = /^observations\/([^/]+)\/([^/]+)\/videos\/([^/]+?)(?:_color)?\.mp4$/;
const DEPTH = /^observations\/([^/]+)\/([^/]+)\/depth\/([^/]+?)_depth_(\d{1,9})\.png$/;
const OTHER = /^(?:observations|parameters|proprio_stats)\/([^/]+)\/([^/]+)\/.+$/;

/** Files of one episode, relative to the root. */
export interface EpisodeFolder {
  readonly task: string;
  readonly episode: string;
  proprio: string | null;
  /** By camera. */
  readonly videos: Map<string, string>;
  /** By camera: pictures with the frame that their names give. */
  readonly depth: Map<string, { frame: number; path: string }[]>;
  /** Intrinsics, extrinsics, tactile videos and whatever else lies there. */
  readonly others: string[];
}

/** Episodes by `task/episode`, ordered by the numbers of both. */
export function readLayout(files: DatasetFiles): EpisodeFolder[] {
  const folders = new Map<string, EpisodeFolder>();
  const folderOf = (task: string, episode: string): EpisodeFolder => {
    const key = `${task}/${episode}`;
    const folder = folders.get(key) ?? {
      task,
      episode,
      proprio: null,
      videos: new Map<string, string>(),
      depth: new Map<string, { frame: number; path: string }[]>(),
      others: [],
    };
    folders.set(key, folder);
    return folder;
  };
  for (const path of files.list(OTHER)) {
    const [, task = '', episode = ''] = OTHER.exec(path) ?? [];
    const folder = folderOf(task, episode);
    const video = VIDEO.exec(path)?.[3];
    const depth = DEPTH.exec(path);
    if (PROPRIO.test(path)) folder.proprio = path;
    else if (video !== undefined) folder.videos.set(video, path);
    else if (depth) {
      const camera = `${depth[3] ?? ''}_depth`;
      const pictures = folder.depth.get(camera) ?? [];
      folder.depth.set(camera, pictures);
      pictures.push({ frame: Number(depth[4]), path });
    } else folder.others.push(path);
  }
  for (const folder of folders.values())
    for (const pictures of folder.depth.values()) pictures.sort((a, b) => a.frame - b.frame);
  return [...folders.values()].sort((a, b) => byNumber(a.task, b.task) || byNumber(a.episode, b.episode));
}

/** Whether a camera has a file of intrinsics or extrinsics in the folder of parameters. */
export function hasParameters(folder: EpisodeFolder, camera: string, what: 'intrinsic' | 'extrinsic'): boolean {
  return folder.others.some((path) => path.endsWith('.json') && path.includes(`/${camera}_${what}`));
}

function byNumber(a: string, b: string): number {
  const difference = Number(a) - Number(b);
  return Number.isNaN(difference) || difference === 0 ? (a < b ? -1 : a > b ? 1 : 0) : difference;
}
