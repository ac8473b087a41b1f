import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { ArrayInfo } from './array-info.js';
import { chunkGrid, chunkPath, readArrayInfo } from './array-info.js';
import type { ChunkStore } from './chunk-store.js';
import { canDecompress, unsupportedCodec } from './decompress.js';
import type { CameraArray, SignalArray } from './layout.js';
import { isUmi, useOf } from './layout.js';

const MAX_ARRAYS = 1000;

/** The arrays of a replay buffer that are read. */
export interface BufferArrays {
  readonly isUmi: boolean;
  readonly signals: readonly SignalArray[];
  readonly cameras: readonly CameraArray[];
}

/** Opens every array of `data/`, reports what is wrong with it and sorts it into signals and cameras. */
export async function openArrays(store: ChunkStore, steps: number, log: FindingLog): Promise<BufferArrays> {
  const paths = arrayPaths(store);
  const umi = isUmi(paths);
  const signals: SignalArray[] = [];
  const cameras: CameraArray[] = [];
  for (const path of paths) {
    const place = { path: store.place(`${path}/.zarray`) };
    try {
      const info = await readArrayInfo(store, path);
      if ((info.shape[0] ?? 0) !== steps)
        throw new Defect('LENGTH_MISMATCH', `${path} does not have as many steps as meta/episode_ends`, {
          expected: `${steps}`,
          actual: `${info.shape[0] ?? 0}`,
        });
      const use = useOf(info, umi);
      if ('skipped' in use) {
        log.add('CHANNEL_SKIPPED', `${path} is not read: ${use.skipped}`, place);
        continue;
      }
      const isCoded = 'camera' in use && use.camera.storage === 'coded';
      if (!isCoded && !canDecompress(info)) throw unsupportedCodec(info);
      reportMissingChunks(store, info, log);
      if ('camera' in use) cameras.push(use.camera);
      else signals.push(use.signal);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      log.add(error.code, error.message, { ...place, ...error.detail });
    }
  }
  return { isUmi: umi, signals, cameras };
}

/** Folders below `data/` that hold an array, or files that only an array has. */
function arrayPaths(store: ChunkStore): string[] {
  const found = new Set<string>();
  for (const path of store.paths()) {
    const match = /^(data\/.+)\/\.zarray$/.exec(path) ?? /^(data\/[^/]+)\/\d[\d./]*$/.exec(path);
    if (match?.[1]) found.add(match[1]);
    if (found.size > MAX_ARRAYS) throw new Defect('TOO_LARGE', `the buffer has more than ${MAX_ARRAYS} arrays`);
  }
  return [...found].sort();
}

/** Counts chunks that are not there. A shape can promise more chunks than any store has files: then the first is enough. */
function reportMissingChunks(store: ChunkStore, info: ArrayInfo, log: FindingLog): void {
  const grid = chunkGrid(info);
  const chunks = grid.reduce((product, length) => product * length, 1);
  const isCountable = chunks <= store.count + 1_000_000;
  let missing = 0;
  let first = '';
  for (let number = 0; number < chunks; number += 1) {
    const path = chunkPath(info, placeOf(number, grid));
    if (store.has(path)) continue;
    missing += 1;
    first ||= path;
    if (!isCountable) break;
  }
  if (missing > 0)
    log.add('MISSING_CHUNK', `chunks of ${info.path} are missing and would be read as zeros: upload them`, {
      path: store.place(first),
      expected: `${chunks} chunks`,
      actual: isCountable ? `${chunks - missing} chunks` : 'fewer',
    });
}

function placeOf(number: number, grid: readonly number[]): number[] {
  const at: number[] = [];
  let rest = number;
  for (const length of [...grid].reverse()) {
    at.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return at;
}
