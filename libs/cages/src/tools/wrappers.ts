import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { processEnvironment } from '@app/kernel';

/** Where a program is by the PATH; null if nowhere. */
export async function findOnPath(name: string): Promise<string | null> {
  for (const folder of (processEnvironment()['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(folder, name);
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return null;
}

/** Whether a wrapper works here: builds of the same name differ in what they know, and containers in what they allow. */
async function works(command: readonly string[]): Promise<boolean> {
  const [program = '', ...args] = command;
  return promisify(execFile)(program, [...args, 'true'], { timeout: 5_000 }).then(
    () => true,
    () => false,
  );
}

let parentWrapper: Promise<readonly string[]> | null = null;

/** Command in front of another that ends it when its parent ends, also by SIGKILL; empty where the system has none. */
export function endsWithParent(): Promise<readonly string[]> {
  parentWrapper ??= findOnPath('setpriv').then(async (setpriv) => {
    const wrapper = setpriv === null ? [] : [setpriv, '--pdeathsig', 'KILL', '--'];
    return wrapper.length > 0 && (await works(wrapper)) ? wrapper : [];
  });
  return parentWrapper;
}

let limiter: Promise<string | null> | null = null;

/** Path of `prlimit` (util-linux), which sets kernel limits and then becomes the command behind it; null where there is none. */
export function prlimitPath(): Promise<string | null> {
  limiter ??= findOnPath('prlimit').then(async (path) =>
    path !== null && (await works([path, '--core=0'])) ? path : null,
  );
  return limiter;
}
