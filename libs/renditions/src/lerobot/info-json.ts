import type { CameraFacts, LayoutPlan, SetTotals } from './ready-episode.js';

/** Files (v3.0) or episodes (v2.1) in one chunk folder. */
export const CHUNK_SIZE = 1000;
export const DATA_FILE_MB = 100;
export const VIDEO_FILE_MB = 200;

export const PATHS = {
  'v3.0': {
    data: 'data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet',
    video: 'videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4',
  },
  'v2.1': {
    data: 'data/chunk-{episode_chunk:03d}/episode_{episode_index:06d}.parquet',
    video: 'videos/chunk-{episode_chunk:03d}/{video_key}/episode_{episode_index:06d}.mp4',
  },
} as const;

/** meta/info.json. @see https://github.com/huggingface/lerobot (dataset formats v2.1 and v3.0) */
export function infoJson(version: 'v3.0' | 'v2.1', plan: LayoutPlan, totals: SetTotals): Record<string, unknown> {
  const isV3 = version === 'v3.0';
  const fps = plan.fps.num / plan.fps.den;
  const videos = plan.cameras.filter((camera) => camera.carrier !== 'pictures').length;
  return {
    codebase_version: version,
    robot_type: plan.robotType,
    total_episodes: totals.episodes,
    total_frames: totals.frames,
    total_tasks: totals.tasks.length,
    ...(isV3 ? {} : { total_videos: totals.episodes * videos, total_chunks: Math.ceil(totals.episodes / CHUNK_SIZE) }),
    chunks_size: CHUNK_SIZE,
    ...(isV3 ? { data_files_size_in_mb: DATA_FILE_MB, video_files_size_in_mb: VIDEO_FILE_MB } : {}),
    fps,
    splits: { train: `0:${totals.episodes}` },
    data_path: PATHS[version].data,
    video_path: videos > 0 ? PATHS[version].video : null,
    features: featuresJson(plan, totals, isV3 ? { fps } : {}),
  };
}

function featuresJson(plan: LayoutPlan, totals: SetTotals, rate: { fps?: number }): Record<string, unknown> {
  const entries: [string, unknown][] = [];
  const rows = new Set<string>(['timestamp', 'frame_index', 'episode_index', 'index', 'task_index']);
  const columns = plan.columns.map(({ key, dtype, shape, names }): [string, unknown] => [
    key,
    { dtype, shape: shape.length === 0 ? [1] : shape, names: names.length > 0 ? names : null, ...rate },
  ]);
  entries.push(...columns.filter(([key]) => !rows.has(key)));
  for (const { key } of plan.features.texts) entries.push([key, { dtype: 'string', shape: [1], names: null, ...rate }]);
  for (const camera of plan.cameras) {
    const facts = totals.cameras.get(camera.key);
    if (facts)
      entries.push([camera.key, cameraJson(facts, camera.spec.kind === 'depth', camera.spec.depthUnit, plan, rate)]);
  }
  entries.push(...columns.filter(([key]) => rows.has(key)));
  return Object.fromEntries(entries);
}

function cameraJson(
  facts: CameraFacts,
  isDepth: boolean,
  depthUnit: 'm' | 'mm' | undefined,
  plan: LayoutPlan,
  rate: { fps?: number },
): Record<string, unknown> {
  const names = ['height', 'width', 'channels'];
  const depth = { is_depth_map: isDepth, ...(depthUnit ? { depth_unit: depthUnit } : {}) };
  if (facts.carrier === 'pictures')
    return {
      dtype: 'image',
      shape: [facts.height, facts.width, facts.channels],
      names,
      ...(isDepth ? { info: depth } : {}),
      ...rate,
    };
  const channels = facts.pixFmt?.startsWith('gray') ? 1 : 3;
  return {
    dtype: 'video',
    shape: [facts.height, facts.width, channels],
    names,
    info: {
      'video.height': facts.height,
      'video.width': facts.width,
      'video.codec': facts.codec,
      'video.pix_fmt': facts.pixFmt,
      'video.is_depth_map': isDepth,
      ...(isDepth ? depth : {}),
      'video.fps': plan.fps.num / plan.fps.den,
      'video.channels': channels,
      has_audio: false,
    },
  };
}
