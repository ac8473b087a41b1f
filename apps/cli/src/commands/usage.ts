import { Usage } from '@app/client';
import type { UsageGrouping } from '@app/client';
import { parseSlug } from '../arguments/dataset-selector.js';
import { CliErrors } from '../cli.errors.js';
import type { Invocation } from '../invocation.js';
import { formatBytes, formatCount } from '../terminal/units.js';

export interface UsageOptions {
  readonly grant?: string;
  readonly dataset?: string;
  readonly by: string;
}

const GROUPINGS: Readonly<Record<string, UsageGrouping>> = {
  day: 'DAY',
  dataset: 'DATASET',
  grant: 'GRANT',
  organization: 'ORGANIZATION',
};

/** What was issued, and what was really served: in all, and by day, dataset, licence or taker. */
export async function usage(invocation: Invocation, options: UsageOptions): Promise<void> {
  const groupBy = GROUPINGS[options.by];
  if (groupBy === undefined) {
    throw CliErrors.BAD_USAGE({ reason: `--by must be ${Object.keys(GROUPINGS).join(', ')}, not "${options.by}".` });
  }
  const client = await invocation.accountClient();
  const filter = {
    ...(options.grant !== undefined && { grantId: options.grant }),
    ...(options.dataset !== undefined && { datasetSlug: parseSlug(options.dataset) }),
  };
  const { usage: answer } = await client.run(Usage, { filter, groupBy }, invocation.signal);
  const { series, ...totals } = answer;
  invocation.result({ ...filter, ...totals, by: options.by, series: series.nodes }, () => {
    const rows = series.nodes.map((point) => [
      point.label,
      formatBytes(point.servedBytes),
      formatCount(point.requests),
      formatBytes(point.issuedBytes),
      point.lastEventAt ?? '–',
    ]);
    return [
      `served       ${formatBytes(answer.servedBytes)} (${formatCount(answer.servedBytes)} bytes) in ${formatCount(answer.requests)} requests`,
      `issued       ${formatBytes(answer.issuedBytes)}`,
      `unexplained  ${formatBytes(answer.unexplainedBytes)}`,
      `last         ${answer.lastEventAt ?? 'never'}`,
      ...(rows.length > 0
        ? ['', invocation.table([options.by.toUpperCase(), 'SERVED', 'REQUESTS', 'ISSUED', 'LAST'], rows)]
        : []),
    ].join('\n');
  });
}
