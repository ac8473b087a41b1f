import { CageLimitExceeded, entryBeside, runCaged, withScratch } from '@app/cages';
import type { SignedFile } from '@app/cages';
import type { Finding } from '@app/formats';
import { familyOf } from '../../../libs/cages/src/cage/process-tree.js';
import { measureInCage } from '../../../libs/catalog/src/ingest/measure-in-cage.js';
import type { HostileUpload } from '../../support/hostile/hostile-upload.js';
import { ofProcess, peakRssBytes } from '../../support/process-use.js';
import type { HostileShelf } from './hostile-shelf.js';
import type { ManyMessage, ManyOrder } from './measure-many.child.js';

/** What became of one upload. */
export interface Verdict {
  readonly paths: readonly string[];
  readonly findings: readonly Finding[];
  /** Why the cage ended it, in the words of the report; null if it came to its end by itself. */
  readonly limit: string | null;
  /** Anything else that went wrong: a crash, a throw, the clock of this test. */
  readonly fault: string | null;
  readonly hashes: number;
  readonly peakRssBytes: number;
  /** Processor time of the process that read it; its start counts where it was read alone. */
  readonly cpuMs: number;
}

export type Verdicts = Map<string, Verdict>;

/** No upload of the corpus is large: a reader that works on one for longer has been caught by it. */
export const CPU_MS = 60_000;
/** What ends a reader that waits for ever, on machines that do other things too. */
const WALL_MS = 300_000;
const CLOCK_TICK_MS = 10;
const WATCH_MS = 20;
const MANY_AT_ONCE = 40;

/** Reads the uploads one by one, each in a process of its own, by the very function of the worker. */
export async function readAlone(
  shelf: HostileShelf,
  uploads: readonly HostileUpload[],
  verdicts: Verdicts,
): Promise<void> {
  for (const upload of uploads) {
    const files = await shelf.put(await upload.build());
    const watch = watchCages();
    const end = await measureInCage(files, WALL_MS, () => Promise.resolve(), new AbortController().signal).then(
      ({ measure, hashes }) => ({
        findings: measure.findings,
        hashes: Object.keys(hashes).length,
        limit: null,
        fault: null,
      }),
      (error: unknown) => ({ findings: [], hashes: 0, ...reasonOf(error) }),
    );
    verdicts.set(upload.name, { ...end, paths: pathsOf(files), ...watch.stop() });
  }
}

/** Reads the uploads one after another in a process that stays warm; where one ends it, the next begin in a new one. */
export async function readTogether(
  shelf: HostileShelf,
  uploads: readonly HostileUpload[],
  verdicts: Verdicts,
): Promise<void> {
  for (let at = 0; at < uploads.length; at += MANY_AT_ONCE) {
    let rest: { name: string; files: SignedFile[] }[] = [];
    for (const { name, build } of uploads.slice(at, at + MANY_AT_ONCE))
      rest.push({ name, files: await shelf.put(await build()) });
    while (rest.length > 0) {
      const measured = await readBatch(rest, verdicts);
      rest = rest.slice(measured);
    }
  }
}

/** @returns how many got their verdict: all of them, or up to the one that ended the process */
async function readBatch(uploads: ManyOrder['uploads'], verdicts: Verdicts): Promise<number> {
  let done = 0;
  const abort = new AbortController();
  const give = (verdict: Omit<Verdict, 'paths'>): void => {
    const upload = uploads[done];
    if (!upload) return;
    verdicts.set(upload.name, { ...verdict, paths: pathsOf(upload.files) });
    done += 1;
    clock.refresh();
  };
  const clock = setTimeout(() => abort.abort(new CageLimitExceeded(`took longer than ${WALL_MS / 1000} s`)), WALL_MS);
  try {
    await withScratch((scratch) =>
      runCaged<ManyOrder, ManyMessage>({
        entry: entryBeside(import.meta.url, 'measure-many.child'),
        order: { uploads, scratch },
        limits: { wallMs: WALL_MS * uploads.length, rssBytes: 600 * 2 ** 20, heapMb: 256 },
        onMessage: (message) => give({ ...message, limit: null, fault: null }),
        signal: abort.signal,
      }),
    );
  } catch (error) {
    give({ findings: [], hashes: 0, peakRssBytes: 0, cpuMs: 0, ...reasonOf(error) });
  } finally {
    clearTimeout(clock);
  }
  return done;
}

const pathsOf = (files: readonly SignedFile[]): string[] => files.map(({ path }) => path);

function reasonOf(error: unknown): { limit: string | null; fault: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof CageLimitExceeded ? { limit: message, fault: null } : { limit: null, fault: message };
}

/** Watches memory and processor time of the cages that this process starts; only `readAlone` starts such. */
function watchCages() {
  let peak = 0;
  let cpuMs = 0;
  const watch = setInterval(() => {
    for (const pid of familyOf(process.pid)) {
      if (!ofProcess(pid, 'cmdline').includes('measure.child')) continue;
      peak = Math.max(peak, peakRssBytes(pid));
      cpuMs = Math.max(cpuMs, cpuTimeOf(pid));
    }
  }, WATCH_MS);
  return {
    stop: (): Pick<Verdict, 'peakRssBytes' | 'cpuMs'> => {
      clearInterval(watch);
      return { peakRssBytes: peak, cpuMs };
    },
  };
}

/** @see proc_pid_stat(5): utime and stime, counted behind the name of the program, which may hold anything */
function cpuTimeOf(pid: number): number {
  const stat = ofProcess(pid, 'stat');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * CLOCK_TICK_MS;
}
