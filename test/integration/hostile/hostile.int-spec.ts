import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { HOSTILE_CORPUS } from '../../support/hostile/corpus.js';
import { HostileShelf } from './hostile-shelf.js';
import { CPU_MS, readAlone, readTogether } from './verdicts.js';
import type { Verdict, Verdicts } from './verdicts.js';

/** What a reader may take, whatever it reads. */
const MAX_RSS_BYTES = 400 * 2 ** 20;
const SUITE_MS = 1_800_000;

/** Scratch folders of this process; the name is that of `withScratch`. */
async function scratchFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => new RegExp(`^bodega-scratch-.*-${process.pid}-`).test(name));
}

function verdictOn(verdicts: Verdicts, name: string): Verdict {
  const verdict = verdicts.get(name);
  if (!verdict) throw new Error(`${name} was not read`);
  return verdict;
}

/** True if the finding tells which file or episode it is about; of a whole upload it names a file. */
function saysWhere({ path, episode, message, actual }: Verdict['findings'][number], paths: readonly string[]): boolean {
  const text = `${message} ${actual ?? ''}`;
  return path !== undefined || episode !== undefined || paths.some((one) => text.includes(one.slice(0, 120)));
}

describe('uploads that no reader should trust', () => {
  const verdicts: Verdicts = new Map();
  let shelf: HostileShelf;

  beforeAll(async () => {
    shelf = await HostileShelf.open();
    await Promise.all([
      readAlone(
        shelf,
        HOSTILE_CORPUS.filter(({ isAlone }) => isAlone),
        verdicts,
      ),
      readTogether(
        shelf,
        HOSTILE_CORPUS.filter(({ isAlone }) => !isAlone),
        verdicts,
      ),
    ]);
  }, SUITE_MS);
  afterAll(() => shelf.close());

  it('are many, over every format, each under a name of its own', () => {
    expect(HOSTILE_CORPUS.length).toBeGreaterThan(60);
    expect(new Set(HOSTILE_CORPUS.map(({ name }) => name)).size).toBe(HOSTILE_CORPUS.length);
  });

  it.each(HOSTILE_CORPUS.map(({ name, expected }) => [name, expected] as const))('%s', (name, expected) => {
    const { findings, limit, fault, paths, hashes, peakRssBytes, cpuMs } = verdictOn(verdicts, name);

    expect({ fault, limit }).toEqual({ fault: null, limit: null });
    expect(peakRssBytes).toBeLessThanOrEqual(MAX_RSS_BYTES);
    expect(cpuMs).toBeLessThan(CPU_MS);
    expect(hashes).toBe(paths.length);
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (expected === 'sound') {
      expect(errors).toEqual([]);
      return;
    }
    const codes = errors.map(({ code }) => code);
    expect({ codes, isExpected: expected.some((code) => codes.includes(code)) }).toMatchObject({ isExpected: true });
    for (const { message } of errors) expect(message).toMatch(/^[^\n\r]{8,500}$/);
    if (paths.length > 0) expect(errors.filter((finding) => saysWhere(finding, paths))).not.toEqual([]);
  });

  it('leave nothing in the scratch folders', async () => {
    expect(await scratchFolders()).toEqual([]);
  });

  it('cost no more memory than they may', () => {
    const worst = [...verdicts].sort(([, a], [, b]) => b.peakRssBytes - a.peakRssBytes).slice(0, 10);
    const lines = worst.map(
      ([name, { peakRssBytes }]) => `${(peakRssBytes / 2 ** 20).toFixed(0).padStart(4)} MB  ${name}`,
    );
    process.stdout.write(`Peak memory of the worst:\n${lines.join('\n')}\n`);
    expect({ lines, isKept: (worst[0]?.[1].peakRssBytes ?? 0) <= MAX_RSS_BYTES }).toMatchObject({ isKept: true });
  });
});
