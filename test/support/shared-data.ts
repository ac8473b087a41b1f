import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from '@jest/globals';

const FOLDER = fileURLToPath(new URL('../../../shared/data/', import.meta.url));

/** Path of a real recording beside the repository. */
export const sharedData = (path: string): string => FOLDER + path;

/** A suite over the real recordings. They are not part of the repository; where they are absent, the run says so. */
export function describeWithSharedData(name: string, suite: () => void): void {
  if (existsSync(FOLDER)) describe(name, suite);
  else
    describe(name, () => {
      it('has no real recordings to run on: ../shared/data is absent', () => {
        process.stderr.write(`NOT RUN: ${name} needs the real recordings in ../shared/data, which is absent.\n`);
      });
    });
}
