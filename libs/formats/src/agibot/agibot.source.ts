import type {
  CameraSpec,
  DatasetSource,
  EpisodeItem,
  FormatReader,
  SourceEpisode,
  SourceHead,
} from '../dataset-source.js';
import type { EpisodeFile } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { Hdf5File } from '../hdf5/hdf5-file.js';
import { openReported, report } from '../hdf5/hdf5-file.js';
import type { DatasetFiles } from '../tree.js';
import { isJunk } from '../tree.js';
import { declareCameras, depthPictures } from './cameras.js';
import type { EpisodeFolder } from './layout.js';
import { readLayout } from './layout.js';
import type { ProprioArray, ProprioClock } from './proprio.js';
import { arraysOf, readClock, rowsOf } from './proprio.js';
import type { EpisodeInfo } from './task-info.js';
import { readTaskInfo } from './task-info.js';

const MARKER = /^((?:[^/]+\/){0,3}?)(?:task_info\/task_[^/]+\.json|proprio_stats\/[^/]+\/[^/]+\/proprio_stats\.h5)$/;

/** The folders of AgiBot World: task_info, proprio_stats, observations, parameters. */
export const agibotReader: FormatReader = {
  title: 'AgiBot World',
  find: (tree) => {
    const roots = new Set(tree.files.flatMap(({ path }) => (isJunk(path) ? [] : (MARKER.exec(path)?.[1] ?? []))));
    return Promise.resolve([...roots].sort((a, b) => a.length - b.length || (a < b ? -1 : 1)));
  },
  open: async (files, log) => {
    const infos = await readTaskInfo(files, log);
    const folders = readLayout(files).filter(
      (folder) => folder.proprio !== null || folder.videos.size > 0 || folder.depth.size > 0,
    );
    sayMissing(infos, folders, files, log);
    if (folders.length === 0) {
      log.add('METADATA_ONLY', 'there is no recording: proprio_stats and observations are missing', {
        path: files.full('proprio_stats'),
      });
      return null;
    }
    const declared = await declareArrays(folders, files, log);
    const cameras = await declareCameras(folders, files);
    return new AgibotSource(files, log, folders, infos, declared, cameras);
  },
};

/** The first readable proprio_stats.h5 declares the signals. */
async function declareArrays(
  folders: readonly EpisodeFolder[],
  files: DatasetFiles,
  log: FindingLog,
): Promise<ReadonlyMap<string, ProprioArray>> {
  for (const { proprio } of folders) {
    const file = proprio === null ? null : await openReported(files, proprio, log);
    if (!file) continue;
    const place = { path: files.full(file.path) };
    try {
      const clock = readClock(file);
      const { placed } = arraysOf(file, clock?.timesS.length ?? null, log, place);
      if (placed.size > 0) return placed;
    } catch (error) {
      report(error, log, place.path);
    } finally {
      file.close();
    }
  }
  return new Map();
}

class AgibotSource implements DatasetSource {
  readonly head: SourceHead;

  constructor(
    private readonly files: DatasetFiles,
    private readonly log: FindingLog,
    private readonly folders: readonly EpisodeFolder[],
    private readonly infos: ReadonlyMap<string, EpisodeInfo>,
    private readonly declared: ReadonlyMap<string, ProprioArray>,
    private readonly cameras: readonly CameraSpec[],
  ) {
    const keys = [...declared.keys()];
    this.head = {
      format: 'hdf5',
      formatVersion: 'agibot',
      fps: { value: null, reason: 'the files do not say; it is measured from timestamp' },
      robotType: { value: null, reason: 'the files do not name the robot' },
      collectionMethod: { value: null, reason: 'the files do not say how it was collected' },
      reality: { value: null, reason: 'AgiBot World and its simulated twin use the same folders' },
      signals: [...declared.values()].map((array) => array.spec),
      cameras,
      tasks: [
        ...new Set([...infos.values()].flatMap((info) => info.spans.find((span) => span.to === null)?.text ?? [])),
      ],
      referenceKey: declared.has('state/joint/position')
        ? 'state/joint/position'
        : (keys.find((key) => key.startsWith('state/')) ?? null),
      announcedEpisodes: folders.length,
    };
  }

  async *episodes(only?: ReadonlySet<number>): AsyncIterable<SourceEpisode> {
    for (const [index, folder] of this.folders.entries()) {
      if (only && !only.has(index)) continue;
      const place = {
        path: this.files.full(folder.proprio ?? `proprio_stats/${folder.task}/${folder.episode}`),
        episode: index,
      };
      this.sayAbsent(folder, place);
      const file = folder.proprio === null ? null : await openReported(this.files, folder.proprio, this.log);
      try {
        yield this.episode(file, folder, place);
      } finally {
        file?.close();
      }
    }
  }

  async close(): Promise<void> {
    // A file is open only while its episode is walked.
  }

  private episode(
    file: Hdf5File | null,
    folder: EpisodeFolder,
    place: { path: string; episode: number },
  ): SourceEpisode {
    let clock: ProprioClock | null = null;
    try {
      clock = file && readClock(file);
    } catch (error) {
      report(error, this.log, place.path, place.episode);
    }
    const info = this.infos.get(`${folder.task}/${folder.episode}`);
    return {
      index: place.episode,
      sourceKey: `${folder.task}/${folder.episode}`,
      tasks: info?.spans ?? [],
      outcome: null,
      outcomeSource: null,
      announcedFrames: clock?.timesS.length ?? null,
      startedAt: clock?.startedAt ?? null,
      operator: null,
      scene: info?.scene ?? null,
      files: this.filesOf(folder),
      items: () => this.items(file, folder, clock, place),
    };
  }

  private async *items(
    file: Hdf5File | null,
    folder: EpisodeFolder,
    clock: ProprioClock | null,
    place: { path: string; episode: number },
  ): AsyncIterable<EpisodeItem> {
    if (file) yield* this.rows(file, clock, place);
    for (const camera of this.cameras) {
      const video = folder.videos.get(camera.name);
      const depth = folder.depth.get(camera.name);
      if (video !== undefined) yield { kind: 'video', camera: camera.key, path: video, fromFrame: 0, toFrame: null };
      else if (depth) yield* depthPictures(camera, depth, this.files, this.log, place.episode);
    }
  }

  private *rows(
    file: Hdf5File,
    clock: ProprioClock | null,
    place: { path: string; episode: number },
  ): Generator<EpisodeItem> {
    try {
      const needsClock = [...this.declared.values()].some((array) => array.spec.clock === 'own');
      if (needsClock && !clock) {
        this.log.add('FEATURE_MISSING', 'timestamp is missing here, but the first episode has it', place);
        return;
      }
      const { placed, refused } = arraysOf(file, clock?.timesS.length ?? null, this.log, place);
      for (const [key, first] of this.declared) {
        const array = placed.get(key);
        if (refused.has(key)) continue;
        if (!array) this.log.add('FEATURE_MISSING', `${key} is missing here, but the first episode has it`, place);
        else if (String(array.spec.shape) !== String(first.spec.shape))
          this.log.add('FEATURE_SHAPE_MISMATCH', `${key} has another shape than in the first episode`, {
            ...place,
            expected: `(${first.spec.shape.join(', ')})`,
            actual: `(${array.spec.shape.join(', ')})`,
          });
        else yield* rowsOf(array, needsClock ? clock : null);
      }
    } catch (error) {
      report(error, this.log, place.path, place.episode);
    }
  }

  /** What an episode lacks: numbers without pictures and pictures without numbers are both known of the public set. */
  private sayAbsent(folder: EpisodeFolder, place: FindingPlace): void {
    const observations = this.files.full(`observations/${folder.task}/${folder.episode}`);
    if (folder.proprio === null)
      this.log.add(
        'MISSING_DATA_FILE',
        'proprio_stats.h5 of an episode is missing: upload it or leave the episode out',
        place,
      );
    if (folder.videos.size === 0 && folder.depth.size === 0)
      this.log.add(
        'MISSING_VIDEO',
        'the observations of an episode are missing: upload them or leave the episode out',
        {
          ...place,
          path: observations,
        },
      );
    else
      for (const { name } of this.cameras)
        if (!folder.videos.has(name) && !folder.depth.has(name))
          this.log.add(
            'MISSING_VIDEO',
            'a camera that other episodes have is missing: publish recordings with other cameras on their own',
            {
              ...place,
              path: observations,
              camera: name,
            },
          );
    if (folder.others.some((path) => path.includes('/tactile/')))
      this.log.addOnce('tactile', 'NOT_DECODED', 'tactile videos are kept, but not measured', { path: observations });
  }

  private filesOf(folder: EpisodeFolder): EpisodeFile[] {
    const full = (path: string): string => this.files.full(path);
    return [
      ...(folder.proprio === null ? [] : [{ path: full(folder.proprio), kind: 'data' as const }]),
      ...[...folder.videos].map(([camera, path]) => ({ path: full(path), kind: 'video' as const, camera })),
      ...[...folder.depth].flatMap(([camera, pictures]) =>
        pictures.map(({ path }) => ({ path: full(path), kind: 'data' as const, camera })),
      ),
      ...folder.others.map((path) => ({ path: full(path), kind: 'meta' as const })),
    ];
  }
}

/** What task_info and the folders do not have of each other. */
function sayMissing(
  infos: ReadonlyMap<string, EpisodeInfo>,
  folders: readonly EpisodeFolder[],
  files: DatasetFiles,
  log: FindingLog,
): void {
  const present = new Set(folders.map(({ task, episode }) => `${task}/${episode}`));
  const lacking = new Map<string, string[]>();
  for (const [key, { task, episode }] of infos)
    if (!present.has(key)) {
      const episodes = lacking.get(task) ?? [];
      lacking.set(task, episodes);
      episodes.push(episode);
    }
  for (const [task, episodes] of lacking)
    log.add(
      'MISSING_EPISODES',
      'task_info lists episodes that have no files: upload them or take them out of the list',
      {
        path: files.full(`task_info/task_${task}.json`),
        actual: `${episodes.length} of task ${task}, first ${episodes[0] ?? ''}`,
      },
    );
  for (const key of present)
    if (!infos.has(key))
      log.add('TASK_TEXT_MISSING', 'task_info says nothing of an episode: it has no task', {
        path: files.full(`proprio_stats/${key}`),
      });
}
