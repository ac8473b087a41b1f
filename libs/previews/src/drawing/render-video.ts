import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '@app/cages';
import type { Ffmpeg, ToolResult } from '@app/cages';
import type { Rate } from '@app/formats';
import { keyFrameDistance } from '../look/frame-rate.rules.js';
import { CLIP_BOX, POSTER_BOX, TILE_BOX, fitInto } from '../look/preview-policy.rules.js';
import type { Size } from '../look/preview-policy.rules.js';
import { watermark } from './watermark.js';

const TILES = { columns: 4, rows: 3 };
const OUTPUT_BYTES = 32 * 2 ** 20;
const MEMORY_BYTES = 1_500_000_000;
/** Start-up, and then a fortieth of what a quiet core of 2020 decodes of AV1. */
const START_S = 30;
const PIXELS_PER_S = 10_000_000;
const WALL_PER_CPU = 4;

/** A local video and what its tables, or we who wrote it, say of it. */
export interface VideoInput extends Size {
  readonly path: string;
  /** The container is named, never guessed: a text file called .mp4 would be opened as a script. */
  readonly demuxer: 'mov' | 'mjpeg';
  readonly rate: Rate;
  readonly frames: number;
}

/** A span to draw: frames of the file, half-open. */
export interface VideoSpan {
  /** Beginning of the names of the files to write. */
  readonly name: string;
  readonly fromFrame: number;
  readonly toFrame: number;
}

/** What is drawn of one span; file names inside the folder. */
export interface Drawn {
  readonly name: string;
  readonly poster: Size & { readonly file: string };
  readonly sheet: Size & { readonly file: string };
  readonly clip: Size & { readonly file: string; readonly fps: number; readonly frames: number };
}

/** What a video turned out to be. */
export type VideoVerdict =
  | { readonly kind: 'decoded'; readonly frames: number; readonly drawn: readonly Drawn[] }
  | { readonly kind: 'undecodable'; readonly reason: string }
  /** Our limits or our tool ended it: says nothing about the data. */
  | { readonly kind: 'undecided'; readonly reason: string };

/** Quotes a comma, which otherwise ends a filter. */
const everyNth = (step: number): string => `select='not(mod(n\\,${step}))'`;

function sheetOf(tile: Size, frames: number): Size & { readonly step: number } {
  const step = Math.max(1, Math.floor(frames / (TILES.columns * TILES.rows)));
  return { width: tile.width * TILES.columns, height: tile.height * TILES.rows, step };
}

/**
 * One process that decodes every frame of a video once: to check it, and on the way to draw a poster, a contact sheet and a
 * watermarked clip of each span. Frames are counted, not timed: every branch numbers its frames anew at the source's rate, so
 * that odd times in a file neither drop nor repeat one.
 */
function commandOf(ffmpeg: Ffmpeg, input: VideoInput, spans: readonly VideoSpan[], markFile: string): string[] {
  const { rate } = input;
  const rateText = `${rate.num}/${rate.den}`;
  const clip = fitInto(CLIP_BOX, input);
  const poster = fitInto(POSTER_BOX, input);
  const tile = fitInto(TILE_BOX, input);
  const branches = spans.flatMap((_, i) => [`[p${i}]`, `[s${i}]`, `[c${i}]`]);
  const graph = [
    `[0:v:0]settb=${rate.den}/${rate.num},setpts=N,split=${branches.length + 1}[all]${branches.join('')}`,
    '[all]null[check]',
    ...(spans.length > 1 ? [`[1:v]split=${spans.length}${spans.map((_, i) => `[m${i}]`).join('')}`] : []),
    ...spans.flatMap(({ fromFrame, toFrame }, i) => {
      const trim = (from: number, to: number): string => `trim=start_frame=${from}:end_frame=${to},setpts=N`;
      const middle = Math.floor((fromFrame + toFrame) / 2);
      const { step } = sheetOf(tile, toFrame - fromFrame);
      return [
        `[p${i}]${trim(middle, middle + 1)},scale=${poster.width}:${poster.height},setsar=1[poster${i}]`,
        `[s${i}]${trim(fromFrame, toFrame)},${everyNth(step)},setpts=N,scale=${tile.width}:${tile.height},setsar=1,tile=${TILES.columns}x${TILES.rows}[sheet${i}]`,
        `[c${i}]${trim(fromFrame, toFrame)},scale=${clip.width}:${clip.height},setsar=1[bare${i}]`,
        `[bare${i}]${spans.length > 1 ? `[m${i}]` : '[1:v]'}overlay=0:0,format=yuv420p[clip${i}]`,
      ];
    }),
  ].join(';');
  const still = ['-frames:v', '1', '-c:v', 'libwebp', '-quality', '80', '-f', 'webp'];
  const exact = ['-fflags', '+bitexact', '-flags:v', '+bitexact', '-map_metadata', '-1'];
  const coding = ['-c:v', 'libx264', '-threads', '1', '-preset', 'veryfast', '-crf', '28', '-bf', '0'];
  return [
    ...['-v', 'error', '-nostdin', '-y', '-xerror', '-progress', 'pipe:1', '-filter_complex_threads', '1'],
    ...['-protocol_whitelist', 'file,pipe', '-threads', '1', '-noautorotate', ...ffmpeg.strictly],
    // An edit list would hide frames that a loader gets.
    ...(input.demuxer === 'mov' ? ['-ignore_editlist', '1'] : ['-framerate', rateText]),
    ...['-f', input.demuxer, '-i', input.path],
    ...(spans.length > 0 ? ['-protocol_whitelist', 'file,pipe', '-f', 'png_pipe', '-i', markFile] : []),
    ...['-filter_complex', graph, '-map', '[check]', '-r', rateText, '-f', 'null', '-'],
    ...spans.flatMap(({ name }, i) => [
      ...['-map', `[poster${i}]`, ...still, ...exact, `${name}-poster.webp`],
      ...['-map', `[sheet${i}]`, ...still, ...exact, `${name}-sheet.webp`],
      ...['-map', `[clip${i}]`, '-r', rateText, ...coding, '-g', String(keyFrameDistance(rate)), '-an', ...exact],
      ...['-movflags', '+faststart', '-f', 'mp4', `${name}-clip.mp4`],
    ]),
  ];
}

/** The number of frames that came out of the decoder, as the first output counts them. */
function framesOf({ stdout }: ToolResult): number {
  const counts = [...stdout.toString('utf8').matchAll(/^frame=\s*(\d+)$/gm)];
  return Number(counts.at(-1)?.[1] ?? 0);
}

/** Last complaint without addresses, which differ from run to run. */
function complaintOf({ stderr }: ToolResult): string {
  const lines = stderr.split('\n').map((line) => line.replace(/^\[[^\]]*@ 0x[0-9a-f]+\]\s*/, '').trim());
  return (lines.filter(Boolean).at(-1) ?? '').slice(0, 200);
}

/** Decodes a whole video and draws the spans into the folder. Of a video that is not decoded to its end, nothing is left there. */
export async function renderVideo(
  ffmpeg: Ffmpeg,
  input: VideoInput,
  spans: readonly VideoSpan[],
  options: { readonly folder: string; readonly signal?: AbortSignal },
): Promise<VideoVerdict> {
  const { folder, signal } = options;
  // Named after the span, because several videos are drawn at a time.
  const markFile = join(folder, `${spans[0]?.name ?? 'no'}-mark.png`);
  if (spans.length > 0) await writeFile(markFile, await watermark(fitInto(CLIP_BOX, input)));
  const cpuS = START_S + (input.frames * input.width * input.height) / PIXELS_PER_S;
  const result = await runTool(ffmpeg.path, commandOf(ffmpeg, input, spans, markFile), {
    wallMs: cpuS * WALL_PER_CPU * 1000,
    cpuS,
    memoryBytes: MEMORY_BYTES,
    fileBytes: OUTPUT_BYTES,
    cwd: folder,
    signal,
  });
  await rm(markFile, { force: true });
  const frames = framesOf(result);
  if (result.code === 0 && frames === input.frames) {
    return { kind: 'decoded', frames, drawn: spans.map((span) => toDrawn(input, span)) };
  }
  for (const { name } of spans) {
    for (const file of [`${name}-poster.webp`, `${name}-sheet.webp`, `${name}-clip.mp4`])
      await rm(join(folder, file), { force: true });
  }
  // Some builds step over what they cannot decode.
  if (result.code === 0) return { kind: 'undecodable', reason: `${frames} of ${input.frames} frames decode` };
  if (result.killedBy) return { kind: 'undecided', reason: `the decoder was ended (${result.killedBy})` };
  // A picture that cannot be drawn is our fault, a frame that cannot be decoded the file's: the check alone tells them apart.
  if (spans.length > 0) return renderVideo(ffmpeg, input, [], options);
  const complaint = complaintOf(result);
  return /decoder .*not found|no decoder|unknown decoder|cannot allocate memory|cannot find.*decoder/i.test(
    result.stderr,
  )
    ? { kind: 'undecided', reason: complaint }
    : { kind: 'undecodable', reason: complaint };
}

function toDrawn(input: VideoInput, { name, fromFrame, toFrame }: VideoSpan): Drawn {
  const tile = fitInto(TILE_BOX, input);
  const { width, height } = sheetOf(tile, toFrame - fromFrame);
  return {
    name,
    poster: { ...fitInto(POSTER_BOX, input), file: `${name}-poster.webp` },
    sheet: { width, height, file: `${name}-sheet.webp` },
    clip: {
      ...fitInto(CLIP_BOX, input),
      file: `${name}-clip.mp4`,
      fps: input.rate.num / input.rate.den,
      frames: toFrame - fromFrame,
    },
  };
}
