import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { KnownKeys } from '../local/certificate/known-keys.js';
import { Bundle, EvidenceProblem } from '../local/evidence/bundle.js';
import { checkEvidence } from '../local/evidence/check-evidence.js';
import type { CheckedEvidence } from '../local/evidence/check-evidence.js';
import { KnownLogs } from '../local/log/known-logs.js';
import { counted, formatBytes } from '../terminal/units.js';

export interface AuditCheckOptions {
  readonly key?: string;
  readonly logKey?: string;
}

/** Checks an evidence bundle with the network off. */
export async function auditCheck(invocation: Invocation, path: string, options: AuditCheckOptions): Promise<void> {
  let checked: CheckedEvidence;
  try {
    checked = await check(invocation, path, options);
  } catch (error) {
    if (!(error instanceof EvidenceProblem)) throw error;
    const problem = error.message;
    invocation.result({ path, verified: false, problem }, () => problem);
    throw CliErrors.EVIDENCE_NOT_VERIFIED({ path, problem }, error);
  }
  invocation.result({ path, verified: true, ...checked }, () => sentencesOf(checked).join('\n'));
}

async function check(invocation: Invocation, path: string, options: AuditCheckOptions): Promise<CheckedEvidence> {
  const { configDir } = invocation.environment;
  const bundle = await Bundle.open(path);
  try {
    return await checkEvidence(bundle, {
      ...options,
      knownKeys: (market) => new KnownKeys(configDir).of(market),
      knownLogKeys: async (market) => (await new KnownLogs(configDir).of(market))?.keys ?? null,
    });
  } finally {
    bundle.close();
  }
}

function statusOf({ certificates, stopped }: CheckedEvidence): string {
  if (certificates === 0) return '';
  const words = stopped.map((purpose) => (purpose === 'revocation' ? 'revoked' : 'suspended'));
  return `, ${words.length > 0 ? words.join(' and ') : 'neither revoked nor suspended'} by the status lists in it`;
}

function sentencesOf(checked: CheckedEvidence): string[] {
  const { leaves, proven, withheld } = checked;
  return [
    `${checked.grantId} (${checked.state}), as ${checked.market} had it on record at ${checked.madeAt}`,
    `${counted(checked.parts, 'part')}, ${formatBytes(checked.bytes)}, every byte as signed by ${checked.key}`,
    `${counted(checked.certificates, 'certificate')} under terms ${checked.termsHash}${statusOf(checked)}`,
    `${counted(leaves, 'leaf', 'leaves')}, ${proven} proven to be in the signed log${withheld > 0 ? `; ${counted(withheld, 'private record')} of others withheld` : ''}`,
    ...(leaves > proven ? [`${leaves - proven} too new for a signed checkpoint: take the bundle again later`] : []),
    ...(checked.isKeyKnown
      ? []
      : ['its certificate key was not known here: compare it with one that you have by another way']),
    ...(checked.isLogKeyKnown
      ? []
      : ['its log key was not known here: "bodega audit verify" learns it, --log-key names it']),
  ];
}
