import type { FileTree } from '../byte-source.js';
import { Defect } from '../defect.js';
import { DatasetFiles, isJunk } from '../tree.js';
import { Hdf5File } from './hdf5-file.js';
import { findSuperblock } from './superblock.js';

const HDF5_FILE = /^[^/]+\.(hdf5|h5)$/i;

/** Files of a folder that may be HDF5, whatever they hold. */
export const hdf5FilesOf = (files: DatasetFiles): string[] =>
  files.list(HDF5_FILE, 'hdf5').filter((path) => !path.includes('/'));

export type Hdf5Flavour = 'robomimic' | 'aloha';

const MAX_DEPTH = 3;
/** Opening a file may mean fetching it: a folder is judged by few, and an upload by few folders. */
const MAX_PROBED_FILES = 4;
const MAX_PROBED_FOLDERS = 24;
/** AgiBot World keeps one per episode, in a layout of its own. */
const OF_OTHER_FORMATS = /(^|\/)proprio_stats\.h5$/;

const surveys = new WeakMap<FileTree, Promise<ReadonlyMap<string, Hdf5Flavour>>>();

/** Folders that hold HDF5 recordings of a flavour. Both readers ask, the files are opened once. */
export async function rootsOf(tree: FileTree, flavour: Hdf5Flavour): Promise<readonly string[]> {
  let survey = surveys.get(tree);
  if (!survey) {
    survey = surveyFolders(tree);
    surveys.set(tree, survey);
  }
  return [...(await survey)].filter(([, found]) => found === flavour).map(([root]) => root);
}

async function surveyFolders(tree: FileTree): Promise<ReadonlyMap<string, Hdf5Flavour>> {
  const folders = new Map<string, string[]>();
  for (const { path, content } of tree.files) {
    const root = path.slice(0, path.lastIndexOf('/') + 1);
    const name = path.slice(root.length);
    const isOne = content ? content === 'hdf5' : HDF5_FILE.test(name);
    if (!isOne || OF_OTHER_FORMATS.test(path) || isJunk(path) || root.split('/').length - 1 > MAX_DEPTH) continue;
    const names = folders.get(root);
    if (names) names.push(name);
    else folders.set(root, [name]);
  }
  const flavours = new Map<string, Hdf5Flavour>();
  const roots = [...folders.keys()].sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
  for (const root of roots.slice(0, MAX_PROBED_FOLDERS)) {
    const flavour = await flavourOfFolder(new DatasetFiles(tree, root), (folders.get(root) ?? []).sort());
    if (flavour) flavours.set(root, flavour);
  }
  return flavours;
}

/**
 * By the groups of the first file that opens. Where none does, by the names, so that a reader says what is wrong with
 * the files instead of nobody knowing them.
 */
async function flavourOfFolder(files: DatasetFiles, names: readonly string[]): Promise<Hdf5Flavour | null> {
  let damaged: string | null = null;
  for (const name of names.slice(0, MAX_PROBED_FILES)) {
    if ((await findSuperblock(await files.open(name))) === null) continue;
    damaged ??= name;
    let file: Hdf5File | null = null;
    try {
      file = await Hdf5File.open(files, name);
      const flavour = flavourOf(file);
      if (flavour) return flavour;
      damaged = null;
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
    } finally {
      file?.close();
    }
  }
  if (damaged === null) return null;
  return /^episode_?\d+\./i.test(damaged) ? 'aloha' : 'robomimic';
}

function flavourOf(file: Hdf5File): Hdf5Flavour | null {
  if (file.kindOf('/observations/qpos') !== null && file.kindOf('/action') !== null) return 'aloha';
  if (file.isGroup('/data') && file.members('/data').some((name) => /^demo_\d+$/.test(name))) return 'robomimic';
  return null;
}
