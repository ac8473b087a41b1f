import type { EpisodeItem, SourceEpisode } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { OutcomeSource } from '../episode-model.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { Example, FeatureList } from './example.js';
import { byteStrings, indexExample } from './example.js';
import type { RldsFeatures } from './features.js';
import { isFlatJpeg, picturesOf } from './pictures.js';
import { checkStepFlags, countSteps, numbersOf, textOf } from './step-flags.js';
import type { CameraStream, SignalStream, Streams } from './streams.js';
import { instructionLeaf, taskSpans } from './task-spans.js';
import { checkList, tensorRows } from './tensor-rows.js';

const TEXTS_PER_BLOCK = 4096;
/** A path of the machine on which the set was made; addresses (gs://, https://) are not. */
const ABSOLUTE_PATH = /^(?:\/|~\/|[A-Za-z]:[\\/]|\\\\)/;

/** What all episodes of a set share. */
export interface RldsContext {
  readonly features: RldsFeatures;
  readonly streams: Streams;
  readonly log: FindingLog;
}

/** One record of a shard. `load` gives its bytes: they are valid until the next record is loaded. */
export interface RecordAt {
  readonly index: number;
  readonly number: number;
  /** Path of the shard as the upload has it. */
  readonly path: string;
  load(): Promise<Uint8Array>;
}

/** The episode of a record; null if its own data says that it is invalid. @throws Defect if the record cannot be read. */
export async function openEpisode(context: RldsContext, at: RecordAt): Promise<SourceEpisode | null> {
  const { features, log } = context;
  const record = await at.load();
  const example = indexExample(record);
  const place: FindingPlace = { path: at.path, episode: at.index };
  const steps = countSteps(record, example, features.steps);
  if (flagOf(record, example, features, /^(is_)?invalid$/) === true) {
    log.add('NOT_DECODED', `record ${at.number} is marked invalid by its own data and is left out`, { path: at.path });
    return null;
  }
  checkStepFlags(record, example, steps, log, place);
  checkPrivatePaths(record, example, context, at.path);
  const instruction = { step: instructionLeaf(features.steps), episode: instructionLeaf(features.episode) };
  return {
    index: at.index,
    sourceKey: `${at.path.split('/').at(-1) ?? at.path}#${at.number}`,
    tasks: taskSpans(record, example, instruction, log, place),
    ...outcomeOf(record, example, features, steps),
    announcedFrames: steps,
    startedAt: null,
    operator: null,
    scene: null,
    files: [{ path: at.path, kind: 'data', from: at.number, to: at.number + 1 }],
    items: () => itemsOf(context, at, example, steps),
  };
}

async function* itemsOf(
  context: RldsContext,
  at: RecordAt,
  example: Example,
  steps: number,
): AsyncGenerator<EpisodeItem> {
  const place: FindingPlace = { path: at.path, episode: at.index };
  for (const signal of context.streams.signals)
    yield* reporting(context.log, place, signalItems(await at.load(), example, signal, steps));
  for (const camera of context.streams.cameras) {
    const here = { ...place, camera: camera.spec.name };
    yield* reporting(context.log, here, cameraItems(await at.load(), example, camera, steps, context.log, here));
  }
}

/** A defect ends its stream in this episode, not the episode. */
async function* reporting(
  log: FindingLog,
  place: FindingPlace,
  items: AsyncIterable<EpisodeItem>,
): AsyncGenerator<EpisodeItem> {
  try {
    yield* items;
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    log.add(error.code, error.message, { ...place, ...error.detail });
  }
}

function listOf(example: Example, path: string): FeatureList {
  const list = example.get(path);
  if (list) return list;
  throw new Defect('FEATURE_MISSING', `the episode has no ${path}, which features.json declares`);
}

async function* signalItems(
  record: Uint8Array,
  example: Example,
  { leaf, spec }: SignalStream,
  steps: number,
): AsyncGenerator<EpisodeItem> {
  const list = listOf(example, leaf.path);
  if (leaf.kind !== 'text') {
    for await (const block of tensorRows(record, list, leaf, steps))
      yield { kind: 'rows', key: spec.key, rows: block.rows, values: block.values, timesS: null };
    return;
  }
  if (leaf.shape.length > 0) return;
  checkList(record, list, leaf, steps);
  const decoder = new TextDecoder();
  let values: string[] = [];
  for (const bytes of byteStrings(record, list)) {
    values.push(decoder.decode(bytes));
    if (values.length === TEXTS_PER_BLOCK) {
      yield { kind: 'text', key: spec.key, values, timesS: null };
      values = [];
    }
  }
  if (values.length > 0) yield { kind: 'text', key: spec.key, values, timesS: null };
}

async function* cameraItems(
  record: Uint8Array,
  example: Example,
  camera: CameraStream,
  steps: number,
  log: FindingLog,
  place: FindingPlace,
): AsyncGenerator<EpisodeItem> {
  let flat = 0;
  for await (const picture of picturesOf(record, listOf(example, camera.leaf.path), camera, steps)) {
    if (picture.encoding === 'jpeg' && isFlatJpeg(picture.bytes, picture.width, picture.height)) flat += 1;
    yield picture;
  }
  // `has_image_<k>` is not asked: the real sets that have it say 0 beside real pictures.
  if (flat > 0 && flat === steps)
    log.add(
      'EMPTY_CAMERA_PLACEHOLDER',
      `every picture of ${camera.leaf.path} is one flat colour: the camera was absent in this episode`,
      place,
    );
}

function outcomeOf(
  record: Uint8Array,
  example: Example,
  features: RldsFeatures,
  steps: number,
): { outcome: 'success' | 'failure' | null; outcomeSource: OutcomeSource } {
  const flag = flagOf(record, example, features, /^(is_)?success(ful)?$/);
  if (flag !== null) return { outcome: flag ? 'success' : 'failure', outcomeSource: 'flag' };
  const reward = numbersOf(record, example, 'steps/reward', steps).at(-1);
  const isTerminal = numbersOf(record, example, 'steps/is_terminal', steps).at(-1) === 1;
  return isTerminal && reward === 1
    ? { outcome: 'success', outcomeSource: 'reward' }
    : { outcome: null, outcomeSource: null };
}

/** A truth value of the episode by the last part of its name; null where there is none. */
function flagOf(record: Uint8Array, example: Example, features: RldsFeatures, name: RegExp): boolean | null {
  const leaf = features.episode.find(
    ({ path, dtype, shape }) => dtype === 'bool' && shape.length === 0 && name.test(path.split('/').at(-1) ?? ''),
  );
  const value = leaf ? numbersOf(record, example, leaf.path, 1)[0] : undefined;
  return value === undefined ? null : value !== 0;
}

function checkPrivatePaths(record: Uint8Array, example: Example, { features, log }: RldsContext, shard: string): void {
  for (const leaf of features.episode) {
    const text = leaf.kind === 'text' ? textOf(record, example, leaf.path) : null;
    if (text !== null && ABSOLUTE_PATH.test(text))
      log.addOnce(
        leaf.path,
        'PRIVATE_PATH_IN_DATA',
        `${leaf.path} holds paths of the machine on which the set was made: remove them before you publish`,
        { path: shard, actual: text.slice(0, 200) },
      );
  }
}
