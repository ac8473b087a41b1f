import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { caged, signedFileTree } from '@app/cages';
import type { SignedFile } from '@app/cages';
import { measureDataset } from '@app/formats';
import type { Finding } from '@app/formats';
import { peakRssBytes } from '../../support/process-use.js';

/** Entry of a caged process that measures many uploads one after another, each as `measure.child.ts` measures its one. */

export interface ManyOrder {
  readonly uploads: readonly { readonly name: string; readonly files: readonly SignedFile[] }[];
  readonly scratch: string;
}

export interface ManyMessage {
  readonly findings: readonly Finding[];
  readonly hashes: number;
  readonly peakRssBytes: number;
  readonly cpuMs: number;
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

await caged<ManyOrder, ManyMessage>(async ({ uploads, scratch }, say) => {
  for (const [number, { files }] of uploads.entries()) {
    // The highest mark of the one before must not count for this one.
    collectGarbage();
    await writeFile('/proc/self/clear_refs', '5').catch(() => undefined);
    const folder = join(scratch, String(number));
    await mkdir(folder);
    let hashes = 0;
    const cpu = process.cpuUsage();
    const { findings } = await measureDataset(signedFileTree(files, { scratch: folder }), {
      onEpisode: () => Promise.resolve(),
      onFileHash: () => void (hashes += 1),
    });
    const { user, system } = process.cpuUsage(cpu);
    await rm(folder, { recursive: true });
    await say({ findings, hashes, peakRssBytes: peakRssBytes(), cpuMs: (user + system) / 1000 });
  }
});
