import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import installer from '@ffmpeg-installer/ffmpeg';
import sharp from 'sharp';
import type { RecordedEpisode } from '../recordings.js';
import { put, twice, writeHdf5 } from './hdf5.js';

const TASK = 327;
const START_NS = 1_700_000_000_000_000_000n;

/** Options of the written folder. */
export interface AgibotOptions {
  /** Depth pictures of the head camera, 16 bits, one PNG per frame. */
  readonly hasDepth?: boolean;
  /** Commands are kept for every second frame only, and `index` names those frames. */
  readonly isSparse?: boolean;
}

/** The recording as AgiBot World distributes it: path in the set, and bytes. */
export async function writeAgibot(
  recording: readonly RecordedEpisode[],
  options: AgibotOptions = {},
): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const infos = recording.map((episode, index) => ({
    episode_id: 648_000 + index,
    task_id: TASK,
    task_name: episode.task,
    init_scene_text: 'a table with a cube on it',
    lable_info: {
      action_config: [
        { start_frame: 0, end_frame: 20, action_text: 'reach for the cube', skill: 'Reach' },
        { start_frame: 20, end_frame: episode.frames, action_text: 'lift the cube', skill: 'Lift' },
      ],
    },
  }));
  files.set(`task_info/task_${TASK}.json`, Buffer.from(JSON.stringify(infos)));
  for (const [index, episode] of recording.entries()) {
    const id = `${TASK}/${648_000 + index}`;
    files.set(`proprio_stats/${id}/proprio_stats.h5`, await writeProprio(episode, options));
    files.set(`parameters/${id}/parameters/camera/head_intrinsic_params.json`, Buffer.from('{}'));
    for (const [camera, pictures] of Object.entries(episode.images)) {
      const name = camera === 'top' ? 'head' : camera;
      files.set(`observations/${id}/videos/${name}_color.mp4`, await encodeMp4(pictures, episode));
    }
    if (!options.hasDepth) continue;
    for (let frame = 0; frame < episode.frames; frame += 1)
      files.set(`observations/${id}/depth/head_depth_${String(frame).padStart(6, '0')}.png`, await depthPng(frame));
  }
  return files;
}

/** proprio_stats.h5 of one episode. */
export function writeProprio(episode: RecordedEpisode, options: AgibotOptions = {}): Promise<Uint8Array> {
  return writeHdf5((file) => {
    const { frames, fps, state, action } = episode;
    const stepNs = BigInt(Math.round(1e9 / fps));
    put(
      file,
      'timestamp',
      [frames],
      BigInt64Array.from({ length: frames }, (_, i) => START_NS + BigInt(i) * stepNs),
    );
    const stateGroup = file.create_group('state');
    put(stateGroup.create_group('joint'), 'position', [frames, 14], twice(state));
    const position = new Float64Array(frames * 6).map((_, i) => Math.cos(i / 40));
    put(stateGroup.create_group('end'), 'position', [frames, 2, 3], position);
    put(stateGroup.create_group('waist'), 'velocity', [0], new Float64Array(0));
    const named = Array.from({ length: frames }, (_, frame) => frame).filter(
      (frame) => !options.isSparse || frame % 2 === 0,
    );
    const commands = twice(action.slice(0, frames * 7));
    const rows = new Float32Array(named.flatMap((frame) => [...commands.subarray(frame * 14, frame * 14 + 14)]));
    const joint = file.create_group('action').create_group('joint');
    put(joint, 'position', [named.length, 14], rows);
    put(joint, 'index', [named.length], BigInt64Array.from(named, BigInt));
  });
}

/** A depth map whose value tells its frame, in millimetres. */
export async function depthPng(frame: number): Promise<Uint8Array> {
  const pixels = new Uint16Array(32 * 24).fill(500 + frame);
  return sharp(pixels, { raw: { width: 32, height: 24, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer();
}

/** H.264 of raw pictures. */
async function encodeMp4(pictures: readonly Uint8Array[], episode: RecordedEpisode): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'bodega-agibot-'));
  try {
    const out = join(folder, 'out.mp4');
    const size = `${episode.width}x${episode.height}`;
    const args = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', size, '-r', String(episode.fps), '-i', 'pipe:0'];
    const run = promisify(execFile)((await hasFfmpeg()) ? 'ffmpeg' : installer.path, [
      ...['-v', 'error', '-y', ...args],
      ...['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-threads', '1', out],
    ]);
    run.child.stdin?.end(Buffer.concat(pictures));
    await run;
    return await readFile(out);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function hasFfmpeg(): Promise<boolean> {
  try {
    await promisify(execFile)('ffmpeg', ['-version']);
    return true;
  } catch {
    return false;
  }
}
