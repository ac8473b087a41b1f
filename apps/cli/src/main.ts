import { CommanderError } from 'commander';
import { CliErrors } from './cli.errors.js';
import { readEnvironment } from './environment.js';
import { toFailure } from './failure.js';
import { Invocation } from './invocation.js';
import type { CommonOptions } from './invocation.js';
import { buildProgram } from './program.js';
import { SavedLogins } from './session/saved-logins.js';
import { withoutControls } from './terminal/text-width.js';

/** Runs one command line and answers with the exit code: 0 done, 1 refused or failed, 2 wrong usage. */
export async function main(args: readonly string[]): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const environment = readEnvironment(process.env);
  const stop = new AbortController();
  let stops = 0;
  const onSignal = (): void => {
    // A second Ctrl-C means now; unfinished parts are safe either way.
    if (++stops > 1) process.exit(1);
    stop.abort(CliErrors.INTERRUPTED({ hint: 'Run the same command again to go on where it stopped.' }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  // Whoever reads us through a pipe may stop reading (`| head`); that is no failure.
  stdout.on('error', () => process.exit(0));

  let invocation: Invocation | null = null;
  let isJson = args.includes('--json');
  const program = buildProgram((options: CommonOptions) => {
    isJson = options.json === true;
    invocation = new Invocation(
      options,
      environment,
      new SavedLogins(environment.configDir),
      { stdin, stdout, stderr },
      stop.signal,
    );
    return invocation;
  });
  for (const command of [program, ...program.commands]) command.exitOverride();
  try {
    await program.parseAsync([...args], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own help or complaint.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const failure = toFailure(stop.signal.aborted ? stop.signal.reason : error);
    const { exitCode, ...facts } = failure;
    const opened = invocation as Invocation | null;
    if (isJson && opened?.hasAnswered !== true) stdout.write(`${JSON.stringify({ error: facts })}\n`);
    stderr.write(`${withoutControls(failure.message.replace(/\s*\n\s*/g, ' '))}\n`);
    if (environment.debug && error instanceof Error) stderr.write(`${error.stack ?? ''}\n`);
    return exitCode;
  } finally {
    process.off('SIGINT', onSignal);
    process.off('SIGTERM', onSignal);
  }
}
