import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Starts one Postgres for all system tests, and tells the tests where it is. Object stores, which need clocks and faults, belong to their suites. */
export default async function startServices() {
  const services = spawn(
    process.execPath,
    ['--import', '#typescript', fileURLToPath(new URL('./services.ts', import.meta.url))],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const died = once(services, 'exit').then(([code]) => {
    throw new Error(`The services of the tests ended with ${code} before they were ready.`);
  });
  const [line] = await Promise.race([once(createInterface(services.stdout), 'line'), died]);
  died.catch(() => undefined);
  Object.assign(process.env, JSON.parse(line));
  globalThis.bodegaTestServices = services;
}
