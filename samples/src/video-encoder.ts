import ffmpegInstaller from '@ffmpeg-installer/ffmpeg';
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Key frames are never further apart than this, so that a player can seek and a slice can be cut. */
export const KEY_FRAME_EVERY = 20;

/** The ffmpeg on PATH, else the one that npm brought. */
export function findFfmpeg(): string {
  if (spawnSync('ffmpeg', ['-version'], { stdio: 'ignore' }).status === 0) return 'ffmpeg';
  // Some npm versions drop the executable bit of the packaged binary.
  chmodSync(ffmpegInstaller.path, 0o755);
  return ffmpegInstaller.path;
}

export interface VideoShape {
  readonly width: number;
  readonly height: number;
  readonly rateHz: number;
  /** Frame numbers that must be key frames: where episodes begin. */
  readonly episodeStarts: readonly number[];
}

/** Encodes rgb24 pictures into one H.264 mp4 whose frame k is shown at exactly k/rate seconds. */
export class VideoEncoder {
  private readonly child: ChildProcess;
  private readonly input: Writable;
  private readonly ended: Promise<number>;
  private complaint = '';

  constructor(ffmpeg: string, file: string, shape: VideoShape) {
    // A quarter frame early: some versions force the first frame at or after a time, others the frame nearest to it.
    const forced = shape.episodeStarts.map((k) => Math.max(0, (k - 0.25) / shape.rateHz).toFixed(6)).join(',');
    this.child = spawn(
      ffmpeg,
      [
        '-nostdin',
        '-hide_banner',
        '-loglevel',
        'error',
        '-y',
        '-f',
        'rawvideo',
        '-pix_fmt',
        'rgb24',
        '-s',
        `${shape.width}x${shape.height}`,
        '-r',
        String(shape.rateHz),
        '-i',
        'pipe:0',
        '-vf',
        'scale=out_color_matrix=bt709:out_range=tv,format=yuv420p',
        '-c:v',
        'libx264',
        '-preset',
        'slow',
        '-crf',
        '24',
        '-profile:v',
        'high',
        '-bf',
        '0',
        '-g',
        String(KEY_FRAME_EVERY),
        '-sc_threshold',
        '0',
        '-force_key_frames',
        forced,
        // One thread and no version strings: the same ffmpeg then writes the same bytes.
        '-threads',
        '1',
        '-fflags',
        '+bitexact',
        '-flags:v',
        '+bitexact',
        '-map_metadata',
        '-1',
        '-colorspace',
        'bt709',
        '-color_primaries',
        'bt709',
        '-color_trc',
        'bt709',
        '-color_range',
        'tv',
        '-video_track_timescale',
        String(shape.rateHz * 512),
        '-movflags',
        '+faststart',
        file,
      ],
      { stdio: ['pipe', 'ignore', 'pipe'] },
    );
    const { stdin, stderr } = this.child;
    if (!stdin || !stderr) throw new Error('ffmpeg has no pipes');
    this.input = stdin;
    // A dead encoder is reported by its exit code and words, not by EPIPE.
    this.input.on('error', () => undefined);
    stderr.setEncoding('utf8').on('data', (text: string) => (this.complaint += text));
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code) => resolve(code ?? -1));
    });
  }

  async write(picture: Uint8Array): Promise<void> {
    if (!this.input.write(picture)) await Promise.race([once(this.input, 'drain'), this.ended]);
  }

  /** @throws Error with ffmpeg's own words when it failed */
  async finish(): Promise<void> {
    this.input.end();
    const code = await this.ended;
    if (code !== 0) throw new Error(`ffmpeg ended with ${code}: ${this.complaint.trim()}`);
  }
}
