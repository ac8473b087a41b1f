import { Command, Option } from 'commander';
import { auditCheck } from './commands/audit-check.js';
import type { AuditCheckOptions } from './commands/audit-check.js';
import { auditExport } from './commands/audit-export.js';
import type { AuditExportOptions } from './commands/audit-export.js';
import { auditVerify } from './commands/audit-verify.js';
import type { AuditVerifyOptions } from './commands/audit-verify.js';
import { license } from './commands/license.js';
import type { LicenseOptions } from './commands/license.js';
import { login, logout, whoami } from './commands/login.js';
import type { LoginOptions } from './commands/login.js';
import { offers } from './commands/offers.js';
import { publish } from './commands/publish.js';
import type { PublishOptions } from './commands/publish.js';
import { pull } from './commands/pull.js';
import type { PullOptions } from './commands/pull.js';
import { search } from './commands/search.js';
import type { SearchOptions } from './commands/search.js';
import { show } from './commands/show.js';
import { usage } from './commands/usage.js';
import type { UsageOptions } from './commands/usage.js';
import { verify } from './commands/verify.js';
import type { VerifyOptions } from './commands/verify.js';
import type { CommonOptions, Invocation } from './invocation.js';

/** Gives a command its surroundings, once the options that every command takes are known. */
export type Open = (options: CommonOptions) => Invocation;

const collect = (value: string, earlier: readonly string[] | undefined): string[] => [
  ...(earlier ?? []),
  ...value.split(','),
];

/** The command line's grammar: names, options and help. What a command does is in `commands/`. */
export function buildProgram(open: Open): Command {
  const program = new Command('bodega')
    .description('Find, license, publish and take robot datasets on a Bodega market.')
    .option('--json', 'print one JSON object on standard output')
    .option('--endpoint <url>', 'address of the market (else BODEGA_ENDPOINT, the saved login, http://127.0.0.1:3000)')
    .option('--api-key <key>', 'API key (else BODEGA_API_KEY, HF_TOKEN, the saved login)')
    .version('0.1.0')
    .showHelpAfterError('(see bodega --help)')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false });
  const run = (work: (invocation: Invocation) => Promise<void>): Promise<void> =>
    work(open(program.opts<CommonOptions>()));

  program
    .command('login')
    .description('sign in and keep an API key for this machine')
    .option('--email <email>', 'email of the account; asked for when left out')
    .option('--password-stdin', 'read the password from standard input')
    .action((options: LoginOptions) => run((invocation) => login(invocation, options)));
  program
    .command('logout')
    .description('revoke and forget the saved key')
    .action(() => run(logout));
  program
    .command('whoami')
    .description('say whose key is in use')
    .action(() => run(whoami));
  program
    .command('search')
    .description('find datasets, by words in Chinese or English and by what they must have')
    .argument('[text...]', 'words to look for')
    .option('--task <code>', 'task family, such as grasping; repeatable', collect)
    .option('--usable-for <use>', 'a use that some offer permits, such as commercial_training; repeatable', collect)
    .option('--grade <A|B|C|U>', 'quality grade; repeatable', collect)
    .option('--robot <name>', 'robot; repeatable', collect)
    .option('--provider <org>', 'provider; repeatable', collect)
    .option('--max-price <minor>', 'highest price in minor units (fen, cents)')
    .option('--currency <code>', 'currency of --max-price', 'CNY')
    .option('--limit <n>', 'how many to show', '20')
    .action((text: string[], options: SearchOptions) =>
      run((invocation) => search(invocation, text.join(' '), options)),
    );
  program
    .command('show')
    .description('say what is known of a dataset')
    .argument('<org/name>')
    .action((name: string) => run((invocation) => show(invocation, name)));
  program
    .command('publish')
    .description('upload a folder, wait for its report, and list it')
    .argument('<dir>', 'folder of the dataset')
    .requiredOption('--name <org/name>', 'name on the market')
    .option('--meta <file>', 'what only you know: title, summary, declared facts (else dataset.yaml in the folder)')
    .option('--note <text>', 'what is different in this version; needed from the second one on')
    .option(
      '--terms <licence>',
      'also make an offer under these terms: an SPDX id, or evaluation, research, commercial',
    )
    .option('--price <minor>', 'price in minor units (fen, cents); free when left out')
    .option('--currency <code>', 'CNY or USD')
    .option('--per <unit>', 'what the price is for: dataset, hour or episode')
    .option('--submit-only', 'stop once the upload is handed in for checking')
    .action((folder: string, options: PublishOptions) => run((invocation) => publish(invocation, folder, options)));
  program
    .command('offers')
    .description('list terms and prices of a dataset')
    .argument('<org/name>')
    .action((name: string) => run((invocation) => offers(invocation, name)));
  program
    .command('license')
    .description('accept an offer')
    .argument('<org/name>')
    .option('--offer <id>', 'which offer; else the cheapest that permits --use')
    .option('--use <use>', 'what for, such as commercial_training')
    .option('--actor <kind>', 'who you are, where the terms depend on it: academic, company or individual')
    .option('--field <field>', 'field of use, where the terms are limited to some, such as logistics')
    .option('--territory <country>', 'country of the use, ISO 3166-1, where the terms are limited to some')
    .option('--renew <grant>', 'go on from a licence of yours: the new one starts when that one ends')
    .option('--yes', 'accept the terms and pay')
    .addOption(new Option('--key <key>', 'idempotency key: the same key never orders twice'))
    .action((name: string, options: LicenseOptions) => run((invocation) => license(invocation, name, options)));
  program
    .command('pull')
    .description('download a licensed version, every byte verified; run again to go on after a stop')
    .argument('<org/name[@version]>')
    .option('--episodes <ranges>', 'only the files that hold these episodes, such as 0-99,120')
    .option('--where <conditions>', 'only episodes such as outcome=success,duration>=2.5')
    .option('--as <form>', 'a standard form instead of the original: lerobot_v3.0 or lerobot_v2.1')
    .option('--to <dir>', 'folder to fill (else one named like the dataset)')
    .action((name: string, options: PullOptions) => run((invocation) => pull(invocation, name, options)));
  program
    .command('usage')
    .description('say what was issued and what was really served')
    .option('--grant <id>', 'of one licence')
    .option('--dataset <org/name>', 'of one dataset')
    .option('--by <what>', 'parts to show: day, dataset, grant or organization', 'dataset')
    .action((options: UsageOptions) => run((invocation) => usage(invocation, options)));
  program
    .command('verify')
    .description('check a pulled folder against its manifest and its certificate, with the network off')
    .argument('<dir>')
    .option('--refresh', 'first ask the market anew whether the licence was revoked or suspended')
    .option('--max-status-age <hours>', 'refuse when that was last asked longer ago')
    .option('--key <thumbprint>', 'trust no other key (else those known on this machine, else those in the folder)')
    .action((folder: string, options: VerifyOptions) => run((invocation) => verify(invocation, folder, options)));
  const audit = program.command('audit').description("check the market's log of acts; needs no account");
  audit
    .command('verify')
    .description('recompute the whole log, and prove that it extends what was signed before')
    .option('--checkpoint <file>', 'an older checkpoint that you kept (the last one verified here is always compared)')
    .option('--key <vkey>', 'trust no other verifier key (else those known on this machine, else those of the market)')
    .action((options: AuditVerifyOptions) => run((invocation) => auditVerify(invocation, options)));
  audit
    .command('export')
    .description('write every leaf of the log as a line of base64, in order, verified')
    .requiredOption('--out <file>', 'file to write')
    .option('--key <vkey>', 'trust no other verifier key')
    .action((options: AuditExportOptions) => run((invocation) => auditExport(invocation, options)));
  audit
    .command('check')
    .description('check an evidence bundle of a grant, with the network off')
    .argument('<file>', 'the bundle, as GET /grants/{id}/evidence.zip gives it')
    .option('--key <thumbprint>', 'trust no other certificate key (else those known on this machine, else its own)')
    .option('--log-key <vkey>', 'trust no other verifier key of the log')
    .action((file: string, options: AuditCheckOptions) => run((invocation) => auditCheck(invocation, file, options)));
  return program;
}
