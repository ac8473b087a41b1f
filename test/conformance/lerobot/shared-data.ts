import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe } from '@jest/globals';

const ROOT = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));

/** Where a real dataset of the shared folder lies. */
export function sharedPath(name: string): string {
  return `${ROOT}${name}`;
}

/** A suite over the shared real datasets. Says on the console when they are not there. */
export function describeShared(name: string, suite: () => void): void {
  if (existsSync(ROOT)) {
    describe(name, suite);
    return;
  }
  process.stderr.write(`\nNOT RUN, ../shared/data is absent: ${name}\n`);
  describe.skip(name, suite);
}
