import { findOnPath } from './wrappers.js';
import { runTool } from './run-tool.js';

/** The ffmpeg of this machine, and what its build knows. */
export interface Ffmpeg {
  readonly path: string;
  /** First line of `-version`. */
  readonly version: string;
  /** Options of an output whose frames are passed on one by one, none dropped or repeated. */
  readonly everyFrame: readonly string[];
  /** Options of an input so that `-xerror` ends at every damaged frame. */
  readonly strictly: readonly string[];
}

let path: Promise<string | null> | null = null;
let ffmpeg: Promise<Ffmpeg | null> | null = null;

/** The ffmpeg that came with the packages; they are for development, so it may be absent. */
async function installedPath(): Promise<string | null> {
  return import('@ffmpeg-installer/ffmpeg').then(
    (installed) => installed.default.path,
    () => null,
  );
}

/** Path of ffmpeg: the system's, else the one among the packages, else null. */
export function ffmpegPath(): Promise<string | null> {
  path ??= findOnPath('ffmpeg').then((found) => found ?? installedPath());
  return path;
}

/** What a build of ffmpeg knows. @throws where the program does not run */
export async function ffmpegAt(program: string): Promise<Ffmpeg> {
  const limits = { wallMs: 20_000, memoryBytes: 1_500_000_000, cpuS: 10 };
  const version = await runTool(program, ['-version'], limits);
  const help = await runTool(program, ['-hide_banner', '-h', 'long'], limits);
  if (version.code !== 0) throw new Error(`${program} does not run: ${version.stderr.trim().split('\n').at(-1)}`);
  const isModern = help.stdout.includes('-fps_mode');
  return {
    path: program,
    version: version.stdout.toString('utf8').split('\n')[0] ?? '',
    everyFrame: isModern ? ['-fps_mode', 'passthrough'] : ['-vsync', '0'],
    // Modern builds report what they conceal; older ones must be kept from concealing, which is harder on odd streams.
    strictly: isModern ? [] : ['-err_detect', 'explode'],
  };
}

/** The ffmpeg of `ffmpegPath`, looked at once; null where there is none that runs. */
export function findFfmpeg(): Promise<Ffmpeg | null> {
  ffmpeg ??= ffmpegPath().then((found) => (found === null ? null : ffmpegAt(found).catch(() => null)));
  return ffmpeg;
}
