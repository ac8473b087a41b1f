/**
 * One made-up recording that tests write into every format, so that the same content must come out of every reader:
 * a seven-joint arm (six joints and a gripper) on smooth paths between random postures, seen by two small cameras.
 */
export interface RecordedEpisode {
  readonly name: string;
  readonly frames: number;
  readonly fps: number;
  readonly task: string;
  readonly outcome: 'success' | 'failure';
  /** Names of the seven channels. */
  readonly joints: readonly string[];
  /** frames x 7, rad and 0..1 for the gripper. */
  readonly state: Float32Array;
  /** frames x 7: the posture that is commanded, two frames ahead of the state. */
  readonly action: Float32Array;
  /** By camera: one rgb8 picture per frame, height x width x 3. */
  readonly images: Readonly<Record<string, readonly Uint8Array[]>>;
  readonly width: number;
  readonly height: number;
}

export interface RecordingOptions {
  readonly episodes?: number;
  readonly frames?: number;
  readonly fps?: number;
  readonly width?: number;
  readonly height?: number;
  readonly cameras?: readonly string[];
  readonly seed?: number;
}

export const JOINTS = [
  'shoulder_pan',
  'shoulder_lift',
  'elbow_flex',
  'forearm_roll',
  'wrist_flex',
  'wrist_roll',
  'gripper',
] as const;
const TASKS = ['pick up the red cube', 'place the cube into the left bin'];

/** The same options always give the same recording. Episodes differ in content and in length. */
export function makeRecording(options: RecordingOptions = {}): RecordedEpisode[] {
  const {
    episodes = 3,
    frames = 60,
    fps = 30,
    width = 64,
    height = 48,
    cameras = ['top', 'wrist'],
    seed = 7,
  } = options;
  return Array.from({ length: episodes }, (_, index) => {
    const random = mulberry(seed * 1000 + index);
    const length = frames + index * 3;
    const path = smoothPath(length + 2, random);
    const images: Record<string, Uint8Array[]> = {};
    for (const [c, camera] of cameras.entries())
      images[camera] = Array.from({ length }, (_, frame) => picture(width, height, path, frame, index, c));
    return {
      name: `episode_${index}`,
      frames: length,
      fps,
      task: TASKS[index % TASKS.length] ?? '',
      outcome: index % 3 === 2 ? 'failure' : 'success',
      joints: JOINTS,
      state: path.slice(0, length * JOINTS.length),
      action: path.slice(2 * JOINTS.length),
      images,
      width,
      height,
    };
  });
}

/** Quintic arcs between random postures, a new one about every second. */
function smoothPath(frames: number, random: () => number): Float32Array {
  const width = JOINTS.length;
  const path = new Float32Array(frames * width);
  let from = Array.from({ length: width }, () => random() - 0.5);
  for (let start = 0; start < frames;) {
    const to = Array.from({ length: width }, (_, c) => (c === width - 1 ? random() : (random() - 0.5) * 2.4));
    const steps = 20 + Math.floor(random() * 20);
    for (let k = 0; k < steps && start + k < frames; k += 1) {
      const t = k / steps;
      const share = t * t * t * (10 - 15 * t + 6 * t * t);
      for (let c = 0; c < width; c += 1)
        path[(start + k) * width + c] = (from[c] ?? 0) + ((to[c] ?? 0) - (from[c] ?? 0)) * share;
    }
    start += steps;
    from = to;
  }
  return path;
}

/** A shaded table with a square that the first joints move; every episode and camera has its own colours. */
function picture(width: number, height: number, path: Float32Array, frame: number, episode: number, camera: number) {
  const rgb = new Uint8Array(width * height * 3);
  const at = frame * JOINTS.length;
  const x = Math.round(((path[at] ?? 0) * 0.3 + 0.5) * (width - 12));
  const y = Math.round(((path[at + 1] ?? 0) * 0.3 + 0.5) * (height - 12));
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const i = (row * width + column) * 3;
      const isSquare = column >= x && column < x + 12 && row >= y && row < y + 12;
      rgb[i] = isSquare ? 220 : 60 + ((row * 60) / height) * (camera + 1);
      rgb[i + 1] = isSquare ? 40 + camera * 80 : 80 + (column * 60) / width + episode * 4;
      rgb[i + 2] = isSquare ? 40 : 90;
    }
  }
  return rgb;
}

/** A small generator with a seed: tests must be repeatable. @see https://gist.github.com/tommyettinger/46a874533244883189143505d203312c */
function mulberry(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
