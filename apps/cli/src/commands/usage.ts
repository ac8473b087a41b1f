import { Usage } from '@app/client';
import { parseSlug } from '../arguments/dataset-selector.js';
import type { Invocation } from '../invocation.js';
import { formatBytes, formatCount } from '../terminal/units.js';

export interface UsageOptions {
  readonly grant?: string;
  readonly dataset?: string;
}

/** What was issued, and what was really served. */
export async function usage(invocation: Invocation, options: UsageOptions): Promise<void> {
  const client = await invocation.accountClient();
  const filter = {
    ...(options.grant !== undefined && { grantId: options.grant }),
    ...(options.dataset !== undefined && { datasetSlug: parseSlug(options.dataset) }),
  };
  const { usage: answer } = await client.run(Usage, { filter }, invocation.signal);
  invocation.result({ ...filter, ...answer }, () =>
    [
      `served       ${formatBytes(answer.servedBytes)} (${formatCount(answer.servedBytes)} bytes) in ${formatCount(answer.requests)} requests`,
      `issued       ${formatBytes(answer.issuedBytes)}`,
      `unexplained  ${formatBytes(answer.unexplainedBytes)}`,
      `last         ${answer.lastEventAt ?? 'never'}`,
    ].join('\n'),
  );
}
