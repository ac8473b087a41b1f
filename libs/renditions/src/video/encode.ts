import type { Rate } from '@app/formats';
import { runTool } from '@app/cages';
import type { Ffmpeg, ToolResult } from '@app/cages';
import { FrameQueue } from './frame-queue.js';
import type { RgbPicture } from './picture.js';

/** What encoders and decoders need of this machine. */
export interface MediaTools {
  readonly ffmpeg: Ffmpeg;
  /** Folder for files that live as long as one episode. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/** Shared libraries take 400 MB of address space; a 4K picture with its references fits into the rest. */
const MEMORY_BYTES = 2_500_000_000;
/** An episode longer than this is a day of work, and belongs cut. */
const WALL_MS = 4 * 3_600_000;
const FILE_BYTES = 8 * 2 ** 30;
/** Loaders jump to the key frame before the frame they want: half a second of decoding at most, and 2 s by the standard. */
const MAX_KEY_FRAME_STEP = 15;

const LIMITS = { wallMs: WALL_MS, memoryBytes: MEMORY_BYTES, cpuS: WALL_MS / 1000, fileBytes: FILE_BYTES } as const;
const QUIET = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-xerror', '-y'] as const;

/** H.264 that every loader and browser plays: no reordered frames, one thread, so that the same input gives the same bytes. */
function h264(fps: Rate): string[] {
  const step = Math.max(1, Math.min(MAX_KEY_FRAME_STEP, Math.round(fps.num / fps.den / 2)));
  return [
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-pix_fmt', 'yuv420p', '-bf', '0'],
    ...['-g', `${step}`, '-keyint_min', `${step}`, '-threads', '1', '-map_metadata', '-1'],
    ...['-fflags', '+bitexact', '-flags:v', '+bitexact', '-an', '-f', 'mp4'],
  ];
}

/** Chroma is stored for every second pixel: odd sizes get one row or column more. */
const EVEN = 'pad=ceil(iw/2)*2:ceil(ih/2)*2';

/** Encodes pictures of one camera and episode that come one by one. */
export class PictureEncoder {
  private readonly queue = new FrameQueue();
  private readonly done: Promise<ToolResult>;
  frames = 0;

  constructor(
    tools: MediaTools,
    readonly width: number,
    readonly height: number,
    fps: Rate,
    readonly path: string,
  ) {
    const rate = `${fps.num}/${fps.den}`;
    const args = [
      ...QUIET,
      ...['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-r', rate, '-i', 'pipe:0'],
      ...['-vf', EVEN, ...h264(fps), path],
    ];
    this.done = runTool(tools.ffmpeg.path, args, { ...LIMITS, stdin: this.queue, signal: tools.signal });
    this.done.then(
      (result) => this.queue.fail(new Error(reasonOf(result))),
      (error: unknown) => this.queue.fail(error instanceof Error ? error : new Error(String(error))),
    );
  }

  async add(picture: RgbPicture): Promise<void> {
    await this.queue.push(picture.rgb);
    this.frames += 1;
  }

  /** Resolves once the file is whole. */
  async finish(): Promise<void> {
    this.queue.close();
    const result = await this.done;
    if (result.code !== 0) throw new Error(`The encoder failed: ${reasonOf(result)}`);
  }

  /** Ends an encoder whose file is not wanted any more. */
  async abandon(): Promise<void> {
    this.queue.fail(new Error('abandoned'));
    await this.done.catch(() => undefined);
  }
}

/** A video whose pictures cannot be had; the message is the decoder's last word. */
export class VideoUndecodable extends Error {}

/** What is taken of a coded video: frames after a lead-in, brought to a size and a number. */
export interface Reencoding {
  /** Frames at the beginning that only serve to decode those behind. */
  readonly leadIn: number;
  readonly frames: number;
  readonly size: { readonly width: number; readonly height: number } | null;
}

/** Decodes an mp4 that comes as a stream (its tables in front) and encodes the wanted frames again. @throws VideoUndecodable */
export async function reencode(
  tools: MediaTools,
  mp4: AsyncIterable<Uint8Array>,
  wanted: Reencoding,
  fps: Rate,
  path: string,
): Promise<void> {
  const filters = [
    `trim=start_frame=${wanted.leadIn}`,
    `setpts=N*${fps.den}/${fps.num}/TB`,
    // The last frame stands for those that are missing behind it.
    `tpad=stop_mode=clone:stop=${wanted.frames}`,
    ...(wanted.size ? [`scale=${wanted.size.width}:${wanted.size.height}`] : []),
    EVEN,
  ];
  const args = [
    ...QUIET,
    ...['-f', 'mov', '-threads', '1', '-i', 'pipe:0', '-map', '0:v:0', '-vf', filters.join(',')],
    ...['-r', `${fps.num}/${fps.den}`, '-frames:v', `${wanted.frames}`, ...h264(fps), path],
  ];
  const result = await runTool(tools.ffmpeg.path, args, { ...LIMITS, stdin: mp4, signal: tools.signal });
  if (result.code !== 0) throw new VideoUndecodable(reasonOf(result));
}

/** Which pictures of a coded video are looked at: every `step`th, thinned out to this size. */
export interface Sampling {
  readonly step: number;
  readonly width: number;
  readonly height: number;
}

/** Decodes an mp4 that comes as a stream into raw pictures, written to `path`. @throws VideoUndecodable */
export async function decodeRgb(
  tools: MediaTools,
  mp4: AsyncIterable<Uint8Array>,
  { step, width, height }: Sampling,
  path: string,
): Promise<void> {
  const filters = [...(step > 1 ? [`select=not(mod(n\\,${step}))`] : []), `scale=${width}:${height}:flags=neighbor`];
  const args = [
    ...QUIET,
    ...['-f', 'mov', '-threads', '1', '-i', 'pipe:0', '-map', '0:v:0', ...tools.ffmpeg.everyFrame],
    ...['-vf', filters.join(','), '-pix_fmt', 'rgb24', '-f', 'rawvideo', path],
  ];
  const result = await runTool(tools.ffmpeg.path, args, { ...LIMITS, stdin: mp4, signal: tools.signal });
  if (result.code !== 0) throw new VideoUndecodable(reasonOf(result));
}

/** Decodes JPEG XL files that are numbered from 0 into raw pictures of one size. @throws VideoUndecodable */
export async function decodeStills(
  tools: MediaTools,
  pattern: string,
  { width, height }: { readonly width: number; readonly height: number },
  path: string,
): Promise<void> {
  const args = [
    ...QUIET,
    ...['-f', 'image2', '-start_number', '0', '-c:v', 'libjxl', '-threads', '1', '-i', pattern],
    ...['-vf', `scale=${width}:${height}`, '-pix_fmt', 'rgb24', '-f', 'rawvideo', path],
  ];
  const result = await runTool(tools.ffmpeg.path, args, { ...LIMITS, signal: tools.signal });
  if (result.code !== 0) throw new VideoUndecodable(reasonOf(result));
}

function reasonOf({ code, killedBy, stderr }: ToolResult): string {
  const line = stderr.trim().split('\n').at(-1) ?? '';
  return killedBy === null
    ? `ffmpeg ended with ${code}: ${line.slice(0, 300)}`
    : `ffmpeg was ended by its limit of ${killedBy}`;
}
