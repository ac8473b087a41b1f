import type { CameraSpec, EpisodeItem } from '../dataset-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import { report } from '../hdf5/hdf5-file.js';
import { readImageHeader } from '../images/image-header.js';
import type { DatasetFiles } from '../tree.js';
import type { EpisodeFolder } from './layout.js';
import { hasParameters } from './layout.js';

/** 16-bit depth of 1280x720 without any compression is 1.8 MB. */
const MAX_PICTURE_BYTES = 16 * 2 ** 20;
const HEADER_BYTES = 64;

/** Cameras of all episodes together: which ones there are depends on the end effector. */
export async function declareCameras(folders: readonly EpisodeFolder[], files: DatasetFiles): Promise<CameraSpec[]> {
  const cameras = new Map<string, CameraSpec>();
  for (const folder of folders) {
    for (const name of folder.videos.keys())
      if (!cameras.has(name))
        cameras.set(name, { ...common(folder, name), kind: 'rgb', carrier: 'video', width: null, height: null });
    for (const [name, pictures] of folder.depth) {
      if (cameras.has(name)) continue;
      const size = await sizeOf(pictures[0]?.path ?? '', files);
      cameras.set(name, {
        ...common(folder, name),
        kind: 'depth',
        carrier: 'images',
        width: size?.width ?? null,
        height: size?.height ?? null,
        depthUnit: 'mm',
      });
    }
  }
  return [...cameras.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Depth pictures, one file per frame. */
export async function* depthPictures(
  camera: CameraSpec,
  pictures: readonly { readonly frame: number; readonly path: string }[],
  files: DatasetFiles,
  log: FindingLog,
  episode: number,
): AsyncGenerator<EpisodeItem> {
  const gap = pictures.findIndex(({ frame }, place) => frame !== place);
  if (gap >= 0)
    log.add('INDEX_GAP', 'the numbers of the depth pictures have a gap, so frames cannot be told apart', {
      path: files.full(pictures[gap]?.path ?? ''),
      episode,
      camera: camera.name,
      expected: `frame ${gap}`,
      actual: `frame ${pictures[gap]?.frame ?? 'unknown'}`,
    });
  for (const { frame, path } of pictures) {
    try {
      const source = await files.open(path);
      if (source.sizeBytes > MAX_PICTURE_BYTES)
        throw new Defect('TOO_LARGE', 'a picture is too large', { actual: `${source.sizeBytes} bytes`, row: frame });
      const bytes = await readRange(source, 0, source.sizeBytes, 'the picture');
      const header = readImageHeader(bytes);
      if (!header)
        throw new Defect(
          bytes.byteLength === 0 ? 'EMPTY_IMAGE' : 'IMAGE_INVALID',
          'a depth picture is no PNG: export it again',
          { row: frame },
        );
      yield {
        kind: 'image',
        camera: camera.key,
        timeS: null,
        encoding: header.codec,
        width: header.width,
        height: header.height,
        bytes,
      };
    } catch (error) {
      report(error, log, files.full(path), episode);
    }
  }
}

function common(
  folder: EpisodeFolder,
  name: string,
): Pick<CameraSpec, 'key' | 'name' | 'nominalRateHz' | 'clock' | 'declaredCodec' | 'hasIntrinsics' | 'hasExtrinsics'> {
  const lens = name.replace(/_depth$/, '');
  return {
    key: `observations/${name}`,
    name,
    nominalRateHz: null,
    clock: 'frames',
    declaredCodec: null,
    hasIntrinsics: hasParameters(folder, lens, 'intrinsic'),
    hasExtrinsics: hasParameters(folder, lens, 'extrinsic'),
  };
}

async function sizeOf(path: string, files: DatasetFiles): Promise<{ width: number; height: number } | null> {
  const source = await files.open(path);
  const length = Math.min(HEADER_BYTES, source.sizeBytes);
  return length === 0 ? null : readImageHeader(await source.read(0, length));
}
