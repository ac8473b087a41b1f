import type { Known } from '../dataset-source.js';
import type { Rate } from '../episode-model.js';
import { asObject, asStrings } from '../text/json.js';
import type { Hdf5File } from './hdf5-file.js';

export type RobomimicFlavour = 'robomimic' | 'libero' | 'robosuite-raw';

/** What the attributes of group `data` say of a whole file. */
export interface RobomimicFacts {
  readonly flavour: RobomimicFlavour;
  readonly fps: Known<Rate>;
  readonly robotType: Known<string>;
  /** Pictures are stored upside down, as OpenGL draws them. */
  readonly isFlipped: boolean;
  /** The sentence that LIBERO keeps; null in every other file. */
  readonly instruction: string | null;
  readonly scene: string | null;
  /** Sum of frames and number of demonstrations, where the file counts them. */
  readonly totalFrames: number | null;
  readonly totalDemos: number | null;
}

/** Reads the attributes; `hasObservations` tells a processed file from a raw one where the attributes do not. */
export function readFacts(file: Hdf5File, fileName: string, hasObservations: boolean): RobomimicFacts {
  const environment = jsonAttribute(file, 'env_args');
  const rawEnvironment = jsonAttribute(file, 'env_info');
  const problem = jsonAttribute(file, 'problem_info');
  const isLibero = problem !== null || file.textAttribute('/data', 'bddl_file_name') !== null;
  const flavour = isLibero ? 'libero' : environment || hasObservations ? 'robomimic' : 'robosuite-raw';
  const settings = asObject(environment?.env_kwargs) ?? rawEnvironment ?? {};
  return {
    flavour,
    fps: rateOf(settings.control_freq, flavour),
    robotType: robotOf(settings.robots, file.textAttribute('/data', 'env')),
    isFlipped: file.textAttribute('/data', 'macros_image_convention') === 'opengl',
    instruction: instructionOf(problem?.language_instruction),
    scene: isLibero ? (/^([A-Z][A-Z_]*_SCENE\d+)_/.exec(fileName)?.[1] ?? null) : null,
    totalFrames: file.numberAttribute('/data', 'total'),
    totalDemos: file.numberAttribute('/data', 'num_demos'),
  };
}

/** LIBERO names its files by the task: `KITCHEN_SCENE3_turn_on_the_stove_demo.hdf5`. */
export function instructionFromName(fileName: string): string | null {
  const words = fileName
    .replace(/\.\w+$/, '')
    .replace(/_demo$/, '')
    .replace(/^[A-Z][A-Z_]*_SCENE\d+_/, '')
    .replaceAll('_', ' ')
    .trim();
  return words.includes(' ') ? words : null;
}

function jsonAttribute(file: Hdf5File, name: string): Readonly<Record<string, unknown>> | null {
  const text = file.textAttribute('/data', name);
  if (text === null) return null;
  try {
    return asObject(JSON.parse(text));
  } catch {
    // Home-made exports write other things there; what it would have said is then unknown.
    return null;
  }
}

function rateOf(value: unknown, flavour: RobomimicFlavour): Known<Rate> {
  if (typeof value === 'number' && Number.isFinite(value) && value > 0 && value <= 10_000)
    return { value: Number.isInteger(value) ? { num: value, den: 1 } : { num: Math.round(value * 1000), den: 1000 } };
  return {
    value: null,
    reason:
      flavour === 'robosuite-raw'
        ? 'raw robosuite files do not say; it is measured from the simulation time in states'
        : 'env_args has no control_freq',
  };
}

function robotOf(value: unknown, environment: string | null): Known<string> {
  const robots = typeof value === 'string' ? [value] : (asStrings(value) ?? []);
  if (robots.length > 0 && robots.every((name) => name !== '')) return { value: robots.join('+') };
  return {
    value: null,
    reason: environment
      ? `the file names only the environment, ${environment.slice(0, 80)}`
      : 'env_args names no robot',
  };
}

function instructionOf(value: unknown): string | null {
  const text = typeof value === 'string' ? value : (asStrings(value)?.join(' ') ?? '');
  const trimmed = text.trim().replace(/^"|"$/g, '').trim();
  return trimmed === '' ? null : trimmed;
}
