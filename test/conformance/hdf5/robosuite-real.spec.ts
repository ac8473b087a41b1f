import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { robomimicReader } from '../../../libs/formats/src/hdf5/robomimic.source.js';
import { DiskFileTree, MemoryFileTree } from '../../support/file-trees.js';
import { describeWithSharedData, sharedData } from '../../support/shared-data.js';
import { readAll } from './reading.js';

const GOLDEN = new URL('./golden/robosuite-raw.json', import.meta.url);

describeWithSharedData('raw robosuite demonstrations', () => {
  let tree: DiskFileTree;

  beforeAll(async () => {
    tree = await DiskFileTree.of(sharedData('hdf5-robosuite-demos'));
  });

  afterAll(async () => {
    await tree.close();
  });

  it('are found folder by folder, by what is in the files', async () => {
    const roots = await robomimicReader.find(tree);

    expect([...roots].sort()).toEqual(['BaxterLift/', 'SawyerLift/', 'SawyerNutAssembly/', 'wipe-panda/']);
  });

  it('have the episodes, frames, widths, rates and first values of the golden file', async () => {
    const seen: Record<string, unknown> = {};
    for (const root of await robomimicReader.find(tree)) {
      const { head, episodes, findings } = await readAll(robomimicReader, tree, root);
      expect(findings).toEqual([]);
      seen[root] = {
        robot: head?.robotType.value,
        fps: head?.fps.value,
        reality: head?.reality.value,
        signals: head?.signals.map(
          ({ key, role, shape, unit }) => `${key} ${role} ${shape.join('x')} ${unit.value ?? '?'}`,
        ),
        episodes: episodes.map(({ episode, values, timesS }) => {
          const times = timesS.states ?? [];
          const steps = times.slice(1).map((time, row) => time - (times[row] ?? 0));
          const width = head?.signals.find((signal) => signal.key === 'states')?.shape[0] ?? 0;
          return {
            key: episode.sourceKey,
            frames: times.length,
            outcome: episode.outcome,
            lastS: round(times.at(-1) ?? -1),
            medianStepS: round(steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)] ?? -1),
            secondRow: values.states?.slice(width, width + 4).map(round),
            lastValue: round(values.states?.at(-1) ?? NaN),
          };
        }),
      };
    }

    expect(seen).toEqual(JSON.parse(await readFile(GOLDEN, 'utf8')));
  });

  it('read the same from memory as from the disk', async () => {
    const bytes = await readFile(sharedData('hdf5-robosuite-demos/wipe-panda/demo.hdf5'));
    const memory = new MemoryFileTree(new Map([['demo.hdf5', bytes]]));

    const fromMemory = await readAll(robomimicReader, memory);
    const fromDisk = await readAll(robomimicReader, tree, 'wipe-panda/');

    expect(fromMemory.episodes.map(({ values, timesS }) => ({ values, timesS }))).toEqual(
      fromDisk.episodes.map(({ values, timesS }) => ({ values, timesS })),
    );
    expect(fromMemory.episodes[0]?.values.actions).toHaveLength(174 * 6);
  });

  it('reads only the asked episodes', async () => {
    const { episodes } = await readAll(robomimicReader, tree, 'SawyerLift/', new Set([1]));

    expect(episodes.map(({ episode }) => [episode.index, episode.sourceKey])).toEqual([[1, 'demo_2']]);
  });
});

function round(value: number): number {
  return Number(value.toPrecision(9));
}
