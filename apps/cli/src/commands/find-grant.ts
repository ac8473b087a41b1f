import { Dataset, Grants } from '@app/client';
import type { BodegaClient, GrantAnswer } from '@app/client';
import type { DatasetSelector } from '../arguments/dataset-selector.js';
import { CliErrors } from '../cli.errors.js';

const PAGE = 100;

/** Every licence of ours for a dataset, newest first. */
export async function grantsFor(client: BodegaClient, slug: string, signal: AbortSignal): Promise<GrantAnswer[]> {
  const found: GrantAnswer[] = [];
  let after: string | undefined;
  do {
    const variables = { first: PAGE, filter: { datasetSlug: slug }, ...(after !== undefined && { after }) };
    const { grants } = await client.run(Grants, variables, signal);
    found.push(...grants.nodes);
    const { hasNextPage, endCursor } = grants.pageInfo;
    after = hasNextPage && endCursor !== null ? endCursor : undefined;
  } while (after !== undefined);
  return found;
}

const numberOf = (grant: GrantAnswer): number => Number(/^v(\d+)$/.exec(grant.versionLabel)?.[1] ?? 0);

function isFor(grant: GrantAnswer, version: string | null): boolean {
  return version === null || grant.versionLabel === version || (grant.commitId?.startsWith(version) ?? false);
}

/** A renewal is active before it starts, and gives no access until then. */
const hasStarted = ({ startsAt }: GrantAnswer): boolean => startsAt === null || Date.parse(startsAt) <= Date.now();

/** The licence to use: active and begun, for the version that was named, else for the newest version held. Null when there is none. */
export function chooseGrant(grants: readonly GrantAnswer[], version: string | null): GrantAnswer | null {
  const usable = grants.filter((grant) => grant.state === 'active' && hasStarted(grant) && isFor(grant, version));
  return usable.reduce<GrantAnswer | null>(
    (best, grant) => (best && numberOf(best) >= numberOf(grant) ? best : grant),
    null,
  );
}

/** @throws CLI_NO_GRANT saying how to get one; the market's NOT_FOUND when the dataset itself is not to be seen */
export async function findGrant(
  client: BodegaClient,
  { slug, version }: DatasetSelector,
  signal: AbortSignal,
): Promise<GrantAnswer> {
  const grants = await grantsFor(client, slug, signal);
  const grant = chooseGrant(grants, version);
  if (grant) return grant;
  const [other] = grants.filter((held) => isFor(held, version));
  const held = grants.find((candidate) => candidate.state === 'active');
  if (!other && !held) await client.run(Dataset, { slug }, signal);
  const hint = other
    ? `${other.id} for ${other.versionLabel} is ${other.state}${other.stateReason === null ? '' : `: ${other.stateReason}`}`
    : held
      ? `the one that you hold is for ${held.versionLabel}`
      : null;
  throw CliErrors.NO_GRANT({ slug, version, other: hint });
}
