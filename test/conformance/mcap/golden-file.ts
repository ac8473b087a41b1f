import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from '@jest/globals';

/** Compares with a golden file below `test/conformance`. One that is absent is written, and the test fails once. */
export function expectGolden(name: string, seen: unknown): void {
  const path = fileURLToPath(new URL(`../${name}`, import.meta.url));
  if (!existsSync(path)) {
    writeFileSync(path, `${JSON.stringify(seen, null, 2)}\n`);
    throw new Error('the golden file was absent and has been recorded: review it, commit it, run again');
  }
  expect(JSON.parse(JSON.stringify(seen))).toEqual(JSON.parse(readFileSync(path, 'utf8')));
}
