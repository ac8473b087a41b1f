import type { File, Group } from 'h5wasm';
import * as h5wasm from 'h5wasm';
import sharp from 'sharp';
import type { RecordedEpisode } from '../recordings.js';

/** Options of `create_dataset` beside name and data. */
type Storage = Partial<Pick<Parameters<Group['create_dataset']>[0], 'chunks' | 'compression' | 'maxshape' | 'dtype'>>;

let written = 0;

/**
 * An HDF5 file made in the memory of a library of its own: the readers' library is fenced off, and this one writes no
 * file to the disk.
 */
export async function writeHdf5(
  build: (file: File) => void,
  /** `earliest` writes what h5py writes by default: no checksums, groups as B-trees. */
  libver?: 'earliest',
): Promise<Uint8Array> {
  const { FS } = await h5wasm.ready;
  written += 1;
  const name = `/written_${written}.h5`;
  const file = new h5wasm.File(name, 'w', libver ? { libver: [libver, 'latest'] } : {});
  try {
    build(file);
  } finally {
    file.close();
  }
  const bytes = FS.readFile(name);
  FS.unlink(name);
  return bytes;
}

/** An array of numbers with a shape. */
export function put(
  group: Group,
  name: string,
  shape: readonly number[],
  data: Float32Array | Float64Array | Uint8Array | Uint16Array | Int32Array | BigInt64Array,
  storage: Storage = {},
): void {
  group.create_dataset({ name, data, shape: [...shape], ...storage });
}

/** Pictures as one array (frames, height, width, 3), one chunk per frame, packed. */
export function putPictures(group: Group, name: string, episode: RecordedEpisode, camera: string): void {
  const { width, height, frames } = episode;
  const pictures = episode.images[camera] ?? [];
  const data = new Uint8Array(frames * height * width * 3);
  pictures.forEach((picture, frame) => data.set(picture, frame * picture.byteLength));
  put(group, name, [frames, height, width, 3], data, { chunks: [1, height, width, 3], compression: 'gzip' });
}

/** What may differ from a plain robomimic file. */
export interface RobomimicOptions {
  readonly flavour?: 'robomimic' | 'libero';
  /** Number of the first demonstration, and the step to the next: 5 puts demo_10 before demo_5 in the order of names. */
  readonly firstDemo?: number;
  readonly demoStep?: number;
  readonly libver?: 'earliest';
  /** A last look at every demonstration before it is closed. */
  readonly change?: (demo: Group, index: number) => void;
}

/** The recording as robomimic writes it after processing, or as LIBERO does. */
export function writeRobomimic(
  recording: readonly RecordedEpisode[],
  options: RobomimicOptions = {},
): Promise<Uint8Array> {
  const { flavour = 'robomimic', firstDemo = 0, demoStep = 1, libver, change } = options;
  const isLibero = flavour === 'libero';
  return writeHdf5((file) => {
    const data = file.create_group('data');
    const fps = recording[0]?.fps ?? 20;
    const environment = { env_name: 'Lift', env_type: 1, env_kwargs: { robots: ['Panda'], control_freq: fps } };
    data.create_attribute('env_args', JSON.stringify(environment));
    data.create_attribute(
      'total',
      recording.reduce((sum, episode) => sum + episode.frames, 0),
    );
    if (isLibero) {
      data.create_attribute(
        'problem_info',
        JSON.stringify({ problem_name: 'x', language_instruction: recording[0]?.task }),
      );
      data.create_attribute('bddl_file_name', 'task.bddl');
      data.create_attribute('macros_image_convention', 'opengl');
      data.create_attribute('num_demos', recording.length);
    }
    recording.forEach((episode, index) => {
      const demo = data.create_group(`demo_${firstDemo + index * demoStep}`);
      const { frames, state, action } = episode;
      demo.create_attribute('num_samples', frames);
      const rewards = new Float64Array(frames);
      if (episode.outcome === 'success') rewards[frames - 1] = 1;
      put(demo, 'actions', [frames, 7], action.slice(0, frames * 7));
      put(demo, 'rewards', [frames], rewards);
      put(demo, 'dones', [frames], Int32Array.from(rewards));
      const obs = demo.create_group('obs');
      put(obs, isLibero ? 'joint_states' : 'robot0_joint_pos', [frames, 7], state);
      for (const camera of Object.keys(episode.images))
        putPictures(obs, isLibero ? `${camera}_rgb` : `${camera}_image`, episode, camera);
      put(demo.create_group('next_obs'), 'robot0_joint_pos', [frames, 7], state);
      change?.(demo, index);
    });
  }, libver);
}

/** What may differ from a plain ALOHA file. */
export interface AlohaOptions {
  /** Pictures as JPEG, padded with zeros to the longest. */
  readonly isCompressed?: boolean;
  readonly sim?: number;
  readonly change?: (file: File, episode: RecordedEpisode) => void;
}

/** One episode as ALOHA writes it: both arms do what the recorded one does. */
export async function writeAloha(episode: RecordedEpisode, options: AlohaOptions = {}): Promise<Uint8Array> {
  const { isCompressed = false, sim = 1, change } = options;
  const coded = isCompressed ? await codedPictures(episode) : null;
  return writeHdf5((file) => {
    const { frames, state, action } = episode;
    file.create_attribute('sim', sim);
    put(file, 'action', [frames, 14], twice(action.slice(0, frames * 7)));
    const observations = file.create_group('observations');
    put(observations, 'qpos', [frames, 14], twice(state));
    put(
      observations,
      'qvel',
      [frames, 14],
      new Float32Array(frames * 14).map((_, i) => Math.sin(i)),
    );
    const images = observations.create_group('images');
    for (const camera of Object.keys(episode.images)) {
      const pictures = coded?.get(camera);
      if (pictures) put(images, camera, [frames, pictures.byteLength / frames], pictures);
      else putPictures(images, camera, episode, camera);
    }
    change?.(file, episode);
  });
}

/** Every row of seven, once for each arm. */
export function twice(values: Float32Array): Float32Array {
  const out = new Float32Array(values.length * 2);
  for (let row = 0; row * 7 < values.length; row += 1)
    for (let arm = 0; arm < 2; arm += 1) out.set(values.subarray(row * 7, row * 7 + 7), row * 14 + arm * 7);
  return out;
}

async function codedPictures(episode: RecordedEpisode): Promise<Map<string, Uint8Array>> {
  const { width, height } = episode;
  const byCamera = new Map<string, Uint8Array>();
  for (const [camera, pictures] of Object.entries(episode.images)) {
    const coded: Buffer[] = [];
    for (const picture of pictures)
      coded.push(
        await sharp(picture, { raw: { width, height, channels: 3 } })
          .jpeg()
          .toBuffer(),
      );
    const length = Math.max(...coded.map((bytes) => bytes.byteLength)) + 7;
    const padded = new Uint8Array(coded.length * length);
    coded.forEach((bytes, frame) => padded.set(bytes, frame * length));
    byCamera.set(camera, padded);
  }
  return byCamera;
}
