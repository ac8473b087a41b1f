import type { DatasetSource, EpisodeItem, FormatReader, SourceEpisode, SourceHead } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import type { Field } from './demo-fields.js';
import { compareFields } from './demo-fields.js';
import { itemsOf } from './episode-items.js';
import type { Hdf5File } from './hdf5-file.js';
import { openReported, report } from './hdf5-file.js';
import { demoNames, fieldsOf } from './robomimic-demo.js';
import type { RobomimicFacts } from './robomimic-facts.js';
import { instructionFromName, readFacts } from './robomimic-facts.js';
import { hdf5FilesOf, rootsOf } from './survey.js';

/** Longest reward array that is looked into for the outcome. */
const MAX_REWARDS = 1_000_000;

/** Files with groups `data/demo_<n>`: robomimic, LIBERO, and robosuite before processing. */
export const robomimicReader: FormatReader = {
  title: 'robomimic, LIBERO, robosuite (HDF5)',
  find: (tree) => rootsOf(tree, 'robomimic'),
  open: async (files, log) => {
    const paths = hdf5FilesOf(files);
    for (const path of paths) {
      const file = await openReported(files, path, log);
      if (!file) continue;
      try {
        const first = firstDemo(file, path, log, files);
        if (first) return new RobomimicSource(files, log, paths, first.facts, first.fields);
      } catch (error) {
        report(error, log, files.full(path));
      } finally {
        file.close();
      }
    }
    if (!log.hasErrors)
      log.add('EMPTY_RECORDING', 'no demonstration was found: group data has no demo_<n> with an array in it', {
        path: files.full(paths[0] ?? ''),
      });
    return null;
  },
};

/** The first demonstration that can be read declares the set. */
function firstDemo(file: Hdf5File, path: string, log: FindingLog, files: DatasetFiles) {
  for (const demo of demoNames(file)) {
    try {
      const facts = readFacts(file, baseName(path), file.isGroup(`/data/${demo}/obs`));
      const fields = fieldsOf(file, demo, facts, log, files.full(path));
      if (fields.size > 0) return { facts, fields };
    } catch (error) {
      report(error, log, files.full(path));
    }
  }
  return null;
}

class RobomimicSource implements DatasetSource {
  readonly head: SourceHead;
  /** Demonstrations by file, once a walk has seen them. */
  private readonly demos = new Map<string, readonly string[]>();

  constructor(
    private readonly files: DatasetFiles,
    private readonly log: FindingLog,
    private readonly paths: readonly string[],
    private readonly facts: RobomimicFacts,
    private readonly declared: ReadonlyMap<string, Field>,
  ) {
    const fields = [...declared.values()];
    this.head = {
      format: 'hdf5',
      formatVersion: facts.flavour,
      fps: facts.fps,
      robotType: facts.robotType,
      collectionMethod: { value: null, reason: 'the file does not say how the demonstrations were collected' },
      reality: { value: 'simulated' },
      signals: fields.flatMap((field) => (field.kind === 'signal' ? [field.spec] : [])),
      cameras: fields.flatMap((field) => (field.kind === 'camera' ? [field.spec] : [])),
      tasks: [],
      referenceKey: ['actions', 'states'].find((key) => declared.has(key)) ?? null,
      announcedEpisodes: null,
    };
  }

  async *episodes(only?: ReadonlySet<number>): AsyncIterable<SourceEpisode> {
    let index = 0;
    for (const path of this.paths) {
      const known = this.demos.get(path);
      if (known && only && !known.some((_, place) => only.has(index + place))) {
        index += known.length;
        continue;
      }
      const file = await openReported(this.files, path, this.log);
      if (!file) continue;
      try {
        const demos = this.demosOf(file);
        const facts = this.factsOf(file, demos);
        let frames = 0;
        for (const demo of demos) {
          if (!only || only.has(index)) {
            const episode = this.episode(file, facts, demo, index);
            frames += episode.announcedFrames ?? 0;
            yield episode;
          }
          index += 1;
        }
        if (!only && facts) this.checkTotals(path, facts, demos.length, frames);
      } finally {
        file.close();
      }
    }
  }

  async close(): Promise<void> {
    // Files are open only while their episodes are walked.
  }

  private demosOf(file: Hdf5File): readonly string[] {
    const path = this.files.full(file.path);
    try {
      const demos = demoNames(file);
      if (demos.length === 0)
        this.log.add('EMPTY_RECORDING', 'group data has no demo_<n>: remove the file or export it again', { path });
      this.demos.set(file.path, demos);
      return demos;
    } catch (error) {
      report(error, this.log, path);
      return [];
    }
  }

  private factsOf(file: Hdf5File, demos: readonly string[]): RobomimicFacts | null {
    try {
      const facts = readFacts(file, baseName(file.path), file.isGroup(`/data/${demos[0] ?? ''}/obs`));
      const path = this.files.full(file.path);
      if (facts.flavour !== this.facts.flavour)
        this.log.add('MULTIPLE_DATASETS', 'files of different kinds lie in one folder: publish each kind on its own', {
          path,
          expected: this.facts.flavour,
          actual: facts.flavour,
        });
      const rate = JSON.stringify(this.facts.fps.value);
      if (JSON.stringify(facts.fps.value) !== rate || facts.robotType.value !== this.facts.robotType.value)
        this.log.add(
          'MULTIPLE_DATASETS',
          'this file has another robot or rate than the first one: publish each on its own',
          {
            path,
            expected: `${this.facts.robotType.value ?? 'unknown'} ${rate}`,
            actual: `${facts.robotType.value ?? 'unknown'} ${JSON.stringify(facts.fps.value)}`,
          },
        );
      return facts;
    } catch (error) {
      report(error, this.log, this.files.full(file.path));
      return null;
    }
  }

  private episode(file: Hdf5File, facts: RobomimicFacts | null, demo: string, index: number): SourceEpisode {
    const path = this.files.full(file.path);
    const place = { path, episode: index };
    let fields: Field[] = [];
    let announcedFrames: number | null = null;
    let isSuccess = false;
    try {
      const found = fieldsOf(file, demo, this.facts, this.log, path);
      fields = compareFields(found, this.declared, (code, message, expected, actual) =>
        this.log.add(code, `${demo}: ${message}`, {
          ...place,
          ...(expected ? { expected } : {}),
          ...(actual ? { actual } : {}),
          ...(code === 'FEATURE_UNDECLARED' ? { severity: 'warning' as const } : {}),
        }),
      );
      announcedFrames = file.numberAttribute(`/data/${demo}`, 'num_samples');
      this.checkLengths(fields, announcedFrames, demo, place);
      isSuccess = endsRewarded(fields);
    } catch (error) {
      report(error, this.log, path, index);
    }
    const task = this.taskOf(facts, file.path);
    return {
      index,
      sourceKey: this.paths.length > 1 ? `${file.path}:${demo}` : demo,
      tasks: task === null ? [] : [{ text: task, from: 0, to: null }],
      outcome: isSuccess ? 'success' : null,
      outcomeSource: isSuccess ? 'reward' : null,
      announcedFrames,
      startedAt: null,
      operator: null,
      scene: facts?.scene ?? null,
      files: [{ path, kind: 'data' }],
      items: () => this.items(file, fields, place),
    };
  }

  private async *items(
    file: Hdf5File,
    fields: readonly Field[],
    place: { path: string; episode: number },
  ): AsyncIterable<EpisodeItem> {
    try {
      yield* itemsOf(fields, this.simulationTimes(fields), this.log, place);
    } catch (error) {
      report(error, this.log, place.path, place.episode);
    }
  }

  /** Raw files keep the simulation's time in the first column of states; nothing else in them says when. */
  private simulationTimes(fields: readonly Field[]): Float64Array | null {
    if (this.facts.flavour !== 'robosuite-raw') return null;
    const states = fields.find((field) => field.key === 'states');
    if (!states) throw new Defect('FEATURE_MISSING', 'states is missing: a raw robosuite file keeps its time in there');
    const times = states.dataset.column(0);
    const start = times[0] ?? 0;
    return times.map((time) => time - start);
  }

  private checkLengths(
    fields: readonly Field[],
    announced: number | null,
    demo: string,
    place: { path: string; episode: number },
  ): void {
    const reference = announced ?? fields.find((field) => field.key === this.head.referenceKey)?.dataset.rows;
    for (const { key, dataset } of fields)
      if (reference !== undefined && dataset.rows !== reference)
        this.log.add(
          'LENGTH_MISMATCH',
          `${demo}: ${key} is not as long as ${announced === null ? 'the others' : 'num_samples says'}`,
          {
            ...place,
            expected: `${reference} rows`,
            actual: `${dataset.rows} rows`,
          },
        );
  }

  private checkTotals(path: string, facts: RobomimicFacts, demos: number, frames: number): void {
    const place = { path: this.files.full(path) };
    if (facts.totalDemos !== null && facts.totalDemos !== demos)
      this.log.add('EPISODE_COUNT_MISMATCH', 'num_demos is not the number of demonstrations in the file', {
        ...place,
        expected: `${facts.totalDemos}`,
        actual: `${demos}`,
      });
    if (facts.totalFrames !== null && facts.totalFrames !== frames)
      this.log.add('FRAME_COUNT_MISMATCH', 'total is not the sum of num_samples of the demonstrations', {
        ...place,
        expected: `${facts.totalFrames}`,
        actual: `${frames}`,
      });
  }

  private taskOf(facts: RobomimicFacts | null, path: string): string | null {
    if (facts?.flavour !== 'libero') return null;
    if (facts.instruction !== null) return facts.instruction;
    const named = instructionFromName(baseName(path));
    if (named !== null)
      this.log.addOnce(
        `instruction|${path}`,
        'TASK_TEXT_GENERIC',
        'the instruction was taken from the name of the file: problem_info has none',
        {
          path: this.files.full(path),
          actual: named,
        },
      );
    return named;
  }
}

/**
 * Sparse rewards are 0 until the task is done, and 1 then. A last reward of 1 is a success; anything else says nothing,
 * and neither does `dones`, which some exports set at the end of every episode.
 */
function endsRewarded(fields: readonly Field[]): boolean {
  const rewards = fields.find((field) => field.kind === 'signal' && field.spec.role === 'reward')?.dataset;
  if (!rewards || rewards.shape.length !== 1 || rewards.rows === 0 || rewards.rows > MAX_REWARDS) return false;
  const values = rewards.numbers(0, rewards.rows);
  return values[values.length - 1] === 1 && values.every((value) => value === 0 || value === 1);
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
