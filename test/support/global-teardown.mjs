import { once } from 'node:events';

/** Stops what global-setup.mjs started. */
export default async function stopServices() {
  const services = globalThis.bodegaTestServices;
  if (!services || services.exitCode !== null) return;
  const ended = once(services, 'exit');
  services.stdin.end();
  await ended;
}
