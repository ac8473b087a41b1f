import fc from 'fast-check';
import type { FormatReader } from '@app/formats';
import { agibotReader } from '../../../libs/formats/src/agibot/agibot.source.js';
import { alohaReader } from '../../../libs/formats/src/hdf5/aloha.source.js';
import { robomimicReader } from '../../../libs/formats/src/hdf5/robomimic.source.js';
import { MemoryFileTree } from '../../support/file-trees.js';
import { makeRecording } from '../../support/recordings.js';
import { writeAgibot } from '../../support/written/agibot.js';
import { writeAloha, writeRobomimic } from '../../support/written/hdf5.js';
import { readAll } from './reading.js';
import { cpuMs, peakRssBytes } from '../../support/process-use.js';

/** Files between two collections of what is no longer used. */
const COLLECT_EVERY = 10;

/** What one file makes a reader do. */
export interface Account {
  files: number;
  refused: number;
  read: number;
  slowestMs: number;
  rssMb: number;
}

const RUNS_PER_FILE = 120;
const MAX_MS = 5_000;

/** Flips bits and overwrites bytes of valid files, most of them where the structure is, and reads what is left. */
async function mutate(): Promise<Account> {
  const recording = makeRecording({ episodes: 2, frames: 8, width: 16, height: 12, cameras: ['top'] });
  const [first] = recording;
  if (!first) throw new Error('no recording was made');
  const alone = (bytes: Uint8Array): ReadonlyMap<string, Uint8Array> => new Map([['demo.hdf5', bytes]]);
  const agibot = await writeAgibot([first], { hasDepth: true });
  /** A set, and which of its files is changed. */
  const subjects: [FormatReader, ReadonlyMap<string, Uint8Array>, RegExp][] = [
    [robomimicReader, alone(await writeRobomimic(recording)), /demo/],
    [robomimicReader, alone(await writeRobomimic(recording, { libver: 'earliest' })), /demo/],
    [alohaReader, alone(await writeAloha(first)), /demo/],
    [agibotReader, agibot, /proprio_stats/],
    [agibotReader, agibot, /task_info/],
    [agibotReader, agibot, /_color\.mp4$/],
  ];
  const account: Account = { files: 0, refused: 0, read: 0, slowestMs: 0, rssMb: 0 };
  for (const [reader, set, which] of subjects) {
    const path = [...set.keys()].find((name) => which.test(name)) ?? '';
    const bytes = set.get(path) ?? new Uint8Array(0);
    const place = fc.oneof(
      { weight: 3, arbitrary: fc.nat(6000) },
      { weight: 1, arbitrary: fc.nat(bytes.byteLength - 1) },
    );
    const changes = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, value] of list) changed[at % bytes.byteLength] = value;
        const files = new MemoryFileTree(new Map(set).set(path, changed));
        const start = cpuMs();
        await reader.find(files);
        const { head, findings } = await readAll(reader, files);
        const took = cpuMs() - start;
        account.files += 1;
        // The market reads one upload in a process. Here hundreds follow each other, and a busy machine clears up late.
        if (account.files % COLLECT_EVERY === 0) globalThis.gc?.();
        if (head) account.read += 1;
        else account.refused += 1;
        account.slowestMs = Math.max(account.slowestMs, Math.round(took));
        if (took > MAX_MS) throw new Error(`took ${took} ms`);
        if (!head && findings.length === 0) throw new Error('refused without a finding');
      }),
      { numRuns: RUNS_PER_FILE, seed: Number(process.argv[2] ?? 1), endOnFailure: true },
    );
  }
  account.rssMb = Math.round(peakRssBytes() / 2 ** 20);
  return account;
}

process.stdout.write(`${JSON.stringify(await mutate())}\n`);
