import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import type { DatasetSource, EpisodeItem, FileTree, SourceEpisode } from '@app/formats';
import { FindingLog, openDataset } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import type { SetPlan } from './clean-set.js';
import { CAMERA, cleanSet, FPS, gr00tSet, LENGTHS, writeSet, writeTable } from './clean-set.js';
import { measure } from './measuring.js';

// Generous: other work may share the machine, and no test here is about time.
jest.setTimeout(300_000);

type Video = Extract<EpisodeItem, { kind: 'video' }>;

/** An episode with its items joined. */
interface Read {
  episode: SourceEpisode;
  numbers: Record<string, number[]>;
  texts: Record<string, string[]>;
  pictures: Record<string, number>;
  videos: Video[];
}

async function open(tree: FileTree): Promise<{ source: DatasetSource; log: FindingLog }> {
  const log = new FindingLog(100);
  const source = await openDataset(tree, log);
  if (!source) throw new Error(JSON.stringify(log.toList()));
  return { source, log };
}

async function readAll(source: DatasetSource, only?: ReadonlySet<number>): Promise<Read[]> {
  const all: Read[] = [];
  for await (const episode of source.episodes(only)) {
    const read: Read = { episode, numbers: {}, texts: {}, pictures: {}, videos: [] };
    for await (const item of episode.items()) {
      if (item.kind === 'rows') (read.numbers[item.key] ??= []).push(...item.values);
      else if (item.kind === 'text') (read.texts[item.key] ??= []).push(...item.values);
      else if (item.kind === 'image') read.pictures[item.camera] = (read.pictures[item.camera] ?? 0) + 1;
      else read.videos.push(item);
    }
    all.push(read);
  }
  return all;
}

const content = ({ numbers, texts, videos }: Read): unknown => ({ numbers, texts, videos });

describe.each(['v2.0', 'v2.1', 'v3.0'] as const)('a %s set that is opened', (version) => {
  it('says what it holds', async () => {
    const { source } = await open(writeSet(cleanSet(version)));

    expect(source.head).toMatchObject({
      format: 'lerobot',
      formatVersion: version,
      fps: { value: { num: FPS, den: 1 } },
      robotType: { value: 'test_arm' },
      tasks: ['pick the red cube', 'place it in the tray'],
      announcedEpisodes: 3,
    });
    expect(source.head.signals.map(({ key, role, clock }) => [key, role, clock])).toEqual([
      ['action', 'action', 'frames'],
      ['episode_index', 'index', 'frames'],
      ['frame_index', 'index', 'frames'],
      ['index', 'index', 'frames'],
      ['observation.state', 'state', 'frames'],
      ['task_index', 'index', 'frames'],
      ['timestamp', 'time', 'frames'],
    ]);
    expect(source.head.cameras).toEqual([
      expect.objectContaining({
        key: CAMERA,
        name: 'top',
        carrier: 'video',
        width: 32,
        height: 24,
        declaredCodec: 'av1',
      }),
    ]);
  });

  it('gives every row of every episode, as it was written', async () => {
    const plan = cleanSet(version);
    const { source, log } = await open(writeSet(plan));

    const episodes = await readAll(source);

    const written = Object.values(plan.data);
    for (const key of ['action', 'observation.state', 'timestamp', 'index', 'task_index']) {
      const values = written.flatMap((table) => (table[key]?.values ?? []).flat().map(Number));
      expect(episodes.flatMap((read) => read.numbers[key] ?? [])).toEqual(values);
    }
    expect(episodes.map(({ episode }) => episode.announcedFrames)).toEqual(LENGTHS);
    expect(episodes.map(({ episode }) => episode.tasks[0]?.text)).toEqual([
      'pick the red cube',
      'place it in the tray',
      'pick the red cube',
    ]);
    expect(log.hasErrors).toBe(false);
  });

  it('gives any episodes by themselves just as in the whole walk', async () => {
    const { source } = await open(writeSet(cleanSet(version)));
    const whole = await readAll(source);

    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 0, max: 2 })), async (wanted) => {
        const some = await readAll(source, new Set(wanted));

        expect(some.map(({ episode }) => episode.index)).toEqual([...wanted].sort());
        expect(some.map(content)).toEqual(
          some.map(({ episode }) => whole[episode.index]).flatMap((read) => (read ? [content(read)] : [])),
        );
      }),
      { numRuns: 10 },
    );
  });

  it('reads an episode again when it is asked again', async () => {
    const { source } = await open(writeSet(cleanSet(version)));

    for await (const episode of source.episodes()) {
      const count = async (): Promise<number> => {
        let rows = 0;
        for await (const item of episode.items()) rows += item.kind === 'rows' && item.key === 'action' ? item.rows : 0;
        return rows;
      };
      expect([await count(), await count()]).toEqual([LENGTHS[episode.index], LENGTHS[episode.index]]);
    }
  });
});

describe('rows of an episode', () => {
  it('are found however the file is cut into pages and row groups', async () => {
    const plan = cleanSet('v3.0');
    const { source: whole } = await open(writeSet(plan));
    const expected = (await readAll(whole)).map(content);

    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 16, max: 400 }),
        fc.integer({ min: 0, max: 2 }),
        async (rowGroupSize, pageSize, episode) => {
          const tree = writeSet(plan);
          for (const [path, table] of Object.entries(plan.data))
            tree.contents.set(path, writeTable(table, { rowGroupSize, pageSize }));
          const { source } = await open(tree);

          expect((await readAll(source, new Set([episode]))).map(content)).toEqual([expected[episode]]);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are those with its episode_index where the metadata points at others', async () => {
    const plan = cleanSet('v3.0');
    const { source: right } = await open(writeSet(plan));
    const expected = (await readAll(right)).map((read) => read.numbers);
    const from = plan.episodes['dataset_from_index'];
    const to = plan.episodes['dataset_to_index'];
    if (!from || !to) throw new Error('the plan has no index ranges');
    from.values[1] = 17n;
    to.values[1] = 32n;

    const { source } = await open(writeSet(plan));

    expect((await readAll(source, new Set([1]))).map((read) => read.numbers)).toEqual([expected[1]]);
  });
});

describe('tasks, texts and outcomes', () => {
  const withColumn = (key: string, feature: Record<string, unknown>, column: object): SetPlan => {
    const plan = cleanSet('v2.1');
    plan.info.features[key] = feature;
    Object.values(plan.data).forEach((table, e) => {
      const length = LENGTHS[e] ?? 0;
      table[key] = {
        type: 'BYTE_ARRAY',
        depth: 0,
        values: Array.from({ length }, (_, i) => `say ${e}.${i}`),
        ...column,
      };
    });
    return plan;
  };

  it('come as spans where an episode changes its task', async () => {
    const plan = cleanSet('v2.1');
    const [line] = plan.lines;
    const [table] = Object.values(plan.data);
    if (!line || !table?.['task_index']) throw new Error('the plan has no episodes');
    line['tasks'] = ['pick the red cube', 'place it in the tray'];
    table['task_index'].values = Array.from({ length: LENGTHS[0] ?? 0 }, (_, i) => (i < 8 ? 0n : 1n));
    const tree = writeSet(plan);
    const spans = [
      { text: 'pick the red cube', from: 0, to: 8 },
      { text: 'place it in the tray', from: 8, to: 20 },
    ];

    const [first] = await readAll((await open(tree)).source);
    const { set, episodes } = await measure(tree);

    expect(first?.episode.tasks).toEqual(spans);
    expect(episodes[0]?.taskSpans).toEqual(spans);
    expect([set.coverage.withTask, set.coverage.withSubtasks, set.coverage.subtaskFaults]).toEqual([3, 1, []]);
  });

  it('come as text from string columns', async () => {
    const { source } = await open(
      writeSet(withColumn('note', { dtype: 'string', shape: [1], names: null }, { isText: true })),
    );

    const episodes = await readAll(source, new Set([2]));

    expect(episodes[0]?.texts['note']).toEqual(Array.from({ length: LENGTHS[2] ?? 0 }, (_, i) => `say 2.${i}`));
  });

  it('tell success after the rows were read, never before', async () => {
    const plan = cleanSet('v3.0');
    plan.info.features['next.success'] = { dtype: 'bool', shape: [1], names: null };
    for (const [f, table] of Object.values(plan.data).entries())
      table['next.success'] = {
        type: 'BOOLEAN',
        depth: 0,
        values: Array.from({ length: table['index']?.values.length ?? 0 }, (_, i) => f === 0 && i === 19),
      };
    const { source } = await open(writeSet(plan));
    const outcomes: unknown[] = [];

    for await (const episode of source.episodes()) {
      expect(episode.outcome).toBeNull();
      for await (const item of episode.items()) expect(item).toBeDefined();
      outcomes.push(episode.outcomeAfterwards?.());
    }

    expect(outcomes).toEqual(['success', 'failure', 'failure'].map((outcome) => ({ outcome, outcomeSource: 'flag' })));
  });

  it('name the channels of a GR00T set', async () => {
    const { source } = await open(writeSet(gr00tSet()));

    expect(source.head.formatVersion).toBe('v2.0');
    expect(source.head.signals.find(({ key }) => key === 'action')?.names).toEqual(['arm', 'gripper']);
  });
});

describe('a rate that is not whole', () => {
  it.each([
    [29.97, { num: 30000, den: 1001 }],
    [23.976, { num: 24000, den: 1001 }],
    [59.94, { num: 60000, den: 1001 }],
    [119.88, { num: 120000, den: 1001 }],
    [12.5, { num: 25, den: 2 }],
    [33.333333, { num: 100, den: 3 }],
    [0.1, { num: 1, den: 10 }],
    [14.7, { num: 147, den: 10 }],
  ])('%d stays a fraction', async (fps, fraction) => {
    const plan = cleanSet('v2.1');
    plan.info['fps'] = fps;

    const { source } = await open(writeSet(plan));

    expect(source.head.fps).toEqual({ value: fraction });
  });
});

describe('damaged sets', () => {
  it.each(['v2.0', 'v3.0'] as const)('never throw when a %s set is read item by item', async (version) => {
    const base = writeSet(version === 'v2.0' ? gr00tSet() : cleanSet(version));
    const paths = [...base.contents.keys()];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 1, max: 255 })), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        async (pick, flips, cut) => {
          const tree = base.copy();
          const path = paths[pick % paths.length] ?? '';
          const bytes = Uint8Array.from(tree.contents.get(path) ?? []);
          for (const [at, mask] of flips) {
            const i = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
            bytes[i] = (bytes[i] ?? 0) ^ mask;
          }
          tree.contents.set(path, cut === null ? bytes : bytes.slice(0, Math.floor(cut * bytes.length)));
          const source = await openDataset(tree, new FindingLog(20));
          let values = 0;
          if (source) for (const { numbers } of await readAll(source)) values += Object.values(numbers).flat().length;

          expect(values).toBeLessThan(100_000);
        },
      ),
      { numRuns: 150 },
    );
  });
});

describeWithSharedData('real sets that are opened', () => {
  it('give the same numbers and frames in v2.1 and v3.0', async () => {
    const v21 = await DiskFileTree.of(sharedData('lerobot-v21-unitree-g1/subset-8ep'));
    const v30 = await DiskFileTree.of(sharedData('lerobot-v30-unitree-g1/subset-4ep'));
    const old = await readAll((await open(v21)).source, new Set([2, 3, 4, 5]));
    const now = await readAll((await open(v30)).source);

    for (const key of ['action', 'observation.state', 'timestamp', 'frame_index'])
      expect(now.map((read) => read.numbers[key])).toEqual(old.map((read) => read.numbers[key]));
    expect(now.map(({ videos: [video] }) => [video?.fromFrame, video?.toFrame])).toEqual([
      [0, 278],
      [278, 499],
      [499, 776],
      [0, 267],
    ]);
    await v21.close();
    await v30.close();
  });

  it('reach the last episode without reading the data of the others', async () => {
    const tree = await DiskFileTree.of(sharedData('lerobot-v30-unitree-g1/subset-4ep'));
    const opened: string[] = [];
    const watched: FileTree = {
      files: tree.files,
      open: (path) => {
        opened.push(path);
        return tree.open(path);
      },
    };

    const { source } = await open(watched);
    const [last] = await readAll(source, new Set([3]));

    expect(last?.numbers['action']).toHaveLength(267 * 26);
    expect(opened.filter((path) => path.startsWith('data/'))).toEqual(['data/chunk-000/file-001.parquet']);
    await tree.close();
  });

  it('give the pictures that are embedded', async () => {
    const tree = await DiskFileTree.of(sharedData('lerobot-tiny-fixtures/lerobotv2-image'));

    const episodes = await readAll((await open(tree)).source);

    expect(episodes.map((read) => read.pictures)).toEqual([
      { 'observation.images.cam': 3 },
      { 'observation.images.cam': 3 },
    ]);
    await tree.close();
  });
});
