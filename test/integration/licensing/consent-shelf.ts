import { createHash } from 'node:crypto';
import { OrderService } from '@app/billing';
import { ContributorRegister, EpisodeQueries, contributorLinks } from '@app/catalog';
import type { EpisodeFact } from '@app/formats';
import { DomainError, newId } from '@app/kernel';
import type { Party, RightsMarket, Shelf } from '../../support/rights-market.factory.js';

/** Who is in which episodes: one list of numbers for each pseudonym. */
export type Cast = Readonly<Record<string, readonly number[]>>;

export interface Filmed {
  readonly episodes: number;
  readonly cast: Cast;
  /** Names the recordings, so that two versions can hold the same ones. */
  readonly recordings?: readonly string[];
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** An episode as the reader leaves it; nothing looks at what was measured of it. */
function episode(index: number, recording: string): EpisodeFact {
  return {
    index,
    sourceKey: `episode_${index}`,
    frames: 10,
    durationS: 1,
    tasks: [],
    outcome: null,
    outcomeSource: null,
    stats: {},
    clocks: {},
    motion: null,
    cameraOffsetS: null,
    taskSpans: [],
    startedAt: null,
    contentHash: hashOf(recording),
    files: [{ path: `data/episode_${index}.parquet`, from: 0, to: 10 }],
  } as unknown as EpisodeFact;
}

/** Puts episodes and the people in them into a version, with the services that the worker uses. */
export async function film(market: RightsMarket, provider: Party, versionId: string, filmed: Filmed): Promise<void> {
  const { episodes, cast, recordings } = filmed;
  const facts = Array.from({ length: episodes }, (_, i) => episode(i, recordings?.[i] ?? `${versionId} ${i}`));
  if (facts.length > 0) await market.get(EpisodeQueries).add(market.system, versionId, facts);
  const contributors = Object.entries(cast).map(([pseudonym, numbers]) => ({
    pseudonym,
    episodes: numbers.map((n): [number, number] => [n, n]),
  }));
  const { links } = contributorLinks({ contributors }, [], episodes);
  await market.get(ContributorRegister).keep(market.system, provider.organizationId, versionId, links);
}

/** A free right to the dataset's current version. @throws the refusal */
export async function hold(market: RightsMarket, buyer: Party, offerId: string): Promise<string> {
  const placed = await market
    .get(OrderService)
    .placeOrder(buyer.ctx, { offerId, idempotencyKey: newId('Request'), acceptTerms: true });
  if (placed instanceof DomainError) throw placed;
  return placed.grantId;
}

export async function shelfOf(
  market: RightsMarket,
  provider: Party,
  filmed: Filmed,
): Promise<Shelf & { offerId: string }> {
  const shelf = await market.shelf(provider, { episodes: filmed.episodes });
  await film(market, provider, shelf.versionId, filmed);
  return { ...shelf, offerId: await market.offer(provider, shelf) };
}
