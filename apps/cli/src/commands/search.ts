import { SearchDatasets } from '@app/client';
import type { DatasetFilter, DatasetSummary } from '@app/client';
import { formatMoney } from '@app/kernel';
import type { Currency } from '@app/kernel';
import { parseCurrency, parsePriceMinor, parseWhole, toCode } from '../arguments/numbers.js';
import type { Invocation } from '../invocation.js';
import { formatCount, formatDuration } from '../terminal/units.js';

export interface SearchOptions {
  readonly task?: readonly string[];
  readonly usableFor?: readonly string[];
  readonly grade?: readonly string[];
  readonly robot?: readonly string[];
  readonly provider?: readonly string[];
  readonly maxPrice?: string;
  readonly currency: string;
  readonly limit: string;
}

/** The market's page cap. */
const PAGE = 100;

/** The cheapest way to have the dataset, for people. */
export function formatLeastPrice(dataset: DatasetSummary): string {
  if (dataset.hasFreeOffer) return 'free';
  const prices = (
    [
      ['CNY', dataset.minPriceCny],
      ['USD', dataset.minPriceUsd],
    ] as const
  )
    .filter((entry): entry is [Currency, number] => entry[1] !== null)
    .map(([currency, amountMinor]) => formatMoney({ amountMinor, currency }));
  return prices.length === 0 ? '–' : prices.join(' / ');
}

export async function search(invocation: Invocation, text: string, options: SearchOptions): Promise<void> {
  const limit = parseWhole(options.limit, '--limit', 1, 10_000);
  const filter: DatasetFilter = {
    ...(text !== '' && { text }),
    ...(options.task && { taskFamilies: options.task.map(toCode) }),
    ...(options.usableFor && { usableFor: options.usableFor.map(toCode) }),
    ...(options.grade && { grades: options.grade.map((grade) => grade.toUpperCase()) }),
    ...(options.robot && { robots: options.robot }),
    ...(options.provider && { providers: options.provider }),
    ...(options.maxPrice !== undefined && {
      maxPriceMinor: parsePriceMinor(options.maxPrice),
      currency: parseCurrency(options.currency),
    }),
  };
  const client = await invocation.client();
  const found: DatasetSummary[] = [];
  let total: number | null = null;
  let after: string | undefined;
  do {
    const first = Math.min(PAGE, limit - found.length);
    const variables = { first, filter, ...(after !== undefined && { after }) };
    const { datasets } = await client.run(SearchDatasets, variables, invocation.signal);
    found.push(...datasets.nodes);
    total = datasets.totalCount;
    const { hasNextPage, endCursor } = datasets.pageInfo;
    after = hasNextPage && endCursor !== null ? endCursor : undefined;
  } while (after !== undefined && found.length < limit);
  invocation.result({ totalCount: total, datasets: found }, () => {
    if (found.length === 0) return 'Nothing on the shelf matches.';
    const rows = found.map((dataset) => [
      dataset.slug,
      invocation.words(dataset.title),
      dataset.grade,
      formatCount(dataset.episodes ?? 0),
      formatDuration(dataset.durationS ?? 0),
      formatLeastPrice(dataset),
    ]);
    const shown =
      total !== null && total > found.length
        ? `\n${found.length} of ${formatCount(total)}; see more with --limit.`
        : '';
    return invocation.table(['DATASET', 'TITLE', 'GRADE', 'EPISODES', 'LENGTH', 'FROM'], rows) + shown;
  });
}
