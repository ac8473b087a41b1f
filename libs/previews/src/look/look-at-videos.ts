import type { Ffmpeg, SignedFileTree } from '@app/cages';
import { readMp4 } from '@app/formats';
import type { Finding, Mp4Video } from '@app/formats';
import { renderVideo } from '../drawing/render-video.js';
import type { VideoSpan, VideoVerdict } from '../drawing/render-video.js';
import { toRate } from './frame-rate.rules.js';
import { sayDrawn } from './say-drawn.js';
import type { SampleSpan, SayPreview } from './say-drawn.js';
import type { UsedVideo } from './look.types.js';

/** Two decoders at a time: what two cores can do. */
const LANES = 2;
/** Above Full HD a decoder takes up to 200 MB, so one at a time. */
const LARGE_PIXELS = 1920 * 1088;
/**
 * Decoded pixels of one version: twelve days of a 640x480 camera at 30 Hz, which take two cores a night. Counted, not timed,
 * so that the same files always give the same report.
 */
const PIXEL_BUDGET = 1e13;
const MAX_FILE_BYTES = 8 * 2 ** 30;

/** A video of the set with the samples that lie in it. */
export interface VideoTask extends UsedVideo {
  readonly samples: readonly SampleSpan[];
}

export interface LookTools {
  readonly tree: SignedFileTree;
  readonly ffmpeg: Ffmpeg;
  /** Folder for what is drawn. */
  readonly folder: string;
  readonly say: SayPreview;
}

/** Decodes every video of a version, two at a time, and draws the samples that lie in them. */
export async function lookAtVideos(tasks: readonly VideoTask[], tools: LookTools): Promise<void> {
  const affordable = withinBudget(tasks, tools);
  const large: Affordable[] = [];
  const lane = async (): Promise<void> => {
    for await (const one of affordable) {
      if (one.video.width * one.video.height > LARGE_PIXELS) large.push(one);
      else await look(one, tools);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  for (const one of large) await look(one, tools);
}

interface Affordable {
  readonly task: VideoTask;
  readonly video: Pick<Mp4Video, 'width' | 'height' | 'frames' | 'fps'>;
}

/** One after the other, so that the same version is always cut at the same file. */
async function* withinBudget(tasks: readonly VideoTask[], tools: LookTools): AsyncGenerator<Affordable> {
  const sizes = new Map(tools.tree.files.map(({ path, sizeBytes }) => [path, sizeBytes]));
  let pixels = 0;
  for (const task of tasks) {
    const video = await tablesOf(task, tools);
    if (!video) continue;
    pixels += video.frames * video.width * video.height;
    if (pixels <= PIXEL_BUDGET && (sizes.get(task.path) ?? 0) <= MAX_FILE_BYTES) yield { task, video: factsOf(video) };
    else await tools.say(unseen(task, 'it was not decoded: the version holds more video than one check decodes'));
  }
}

/** Without the tables, which are long and may have to wait. */
function factsOf({ width, height, frames, fps }: Mp4Video): Affordable['video'] {
  return { width, height, frames, fps };
}

/** What the file's own tables say; null, with a finding, where they cannot be read. */
async function tablesOf(task: VideoTask, { tree, say }: LookTools): Promise<Mp4Video | null> {
  try {
    return await readMp4(await tree.open(task.path));
  } catch (error) {
    // The walk of the format reports the same file with what is wrong in it; faults of the store are not the file's.
    if (!(error instanceof Error) || error.name !== 'Defect') throw error;
    const isOther = 'code' in error && (error.code === 'VIDEO_UNSUPPORTED' || error.code === 'BAD_MAGIC');
    await say(isOther ? unseen(task, `it was not decoded: ${error.message}`) : undecodable(task, error.message));
    return null;
  }
}

async function look({ task, video }: Affordable, tools: LookTools): Promise<void> {
  const { tree, ffmpeg, folder, say } = tools;
  const rate = toRate(video.fps);
  const spans = task.samples.flatMap((sample) => toSpan(sample, video.frames));
  const { width, height, frames } = video;
  const path = await tree.localPath(task.path);
  const input = { path, demuxer: 'mov' as const, rate, width, height, frames };
  const verdict = await renderVideo(ffmpeg, input, spans, { folder });
  await tree.release(task.path);
  const finding = findingOf(task, verdict);
  if (finding) await say(finding);
  if (verdict.kind !== 'decoded') return;
  for (const drawn of verdict.drawn) {
    const sample = task.samples.find(({ name }) => name === drawn.name);
    if (sample) await sayDrawn(sample, drawn, folder, say);
  }
}

/** A span as far as the file reaches; none where it begins behind it. */
function toSpan({ name, fromFrame, toFrame }: SampleSpan, frames: number): VideoSpan[] {
  const end = Math.min(toFrame, frames);
  return end > fromFrame ? [{ name, fromFrame, toFrame: end }] : [];
}

function findingOf(task: VideoTask, verdict: VideoVerdict): ReturnType<typeof unseen> | null {
  if (verdict.kind === 'decoded') return null;
  if (verdict.kind === 'undecided') return unseen(task, `it was not decoded: ${verdict.reason}`);
  return undecodable(task, verdict.reason);
}

function undecodable({ path, camera }: UsedVideo, reason: string) {
  const message = `the video cannot be decoded to its end${reason ? ` (${reason})` : ''}: export or encode it again`;
  const finding: Finding = { code: 'VIDEO_UNDECODABLE', severity: 'error', message, path, camera };
  return { kind: 'finding' as const, finding };
}

/** Nothing is known of the pictures of this file. */
function unseen({ path, camera }: UsedVideo, message: string) {
  const finding: Finding = { code: 'NOT_DECODED', severity: 'warning', message, path, camera };
  return { kind: 'finding' as const, finding };
}
