import type { Currency } from '@app/kernel';
import { repeatable } from '../operation.js';

export interface LocalizedText {
  readonly zh: string | null;
  readonly en: string | null;
}

export interface DatasetSummary {
  readonly slug: string;
  readonly title: LocalizedText;
  readonly grade: string;
  readonly robots: readonly string[];
  readonly taskFamilies: readonly string[];
  readonly episodes: number | null;
  readonly durationS: number | null;
  readonly sizeBytes: number | null;
  readonly usableFor: readonly string[];
  readonly hasFreeOffer: boolean;
  readonly minPriceCny: number | null;
  readonly minPriceUsd: number | null;
}

export interface RuleResult {
  readonly rule: string;
  readonly level?: string;
  readonly result: 'pass' | 'fail' | 'not_applicable' | 'not_checked';
  readonly value: unknown;
  readonly threshold: unknown;
  readonly where: readonly { readonly path?: string; readonly episode?: number; readonly row?: number }[];
  readonly message?: string;
}

/** Where a version is in its life. */
export type VersionStatus = 'UPLOADING' | 'VALIDATING' | 'REJECTED' | 'READY' | 'PUBLISHED' | 'SUPERSEDED' | 'RECALLED';

export interface VersionSummary {
  readonly id: string;
  readonly datasetSlug: string;
  readonly label: string;
  readonly status: VersionStatus;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly filesCount: number;
  readonly sizeBytes: number;
  readonly grade: string;
}

/** What the worker measured; absent where nothing could be measured. */
export interface MeasuredFacts {
  readonly format?: string;
  readonly formatVersion?: string;
  readonly episodes?: number;
  readonly frames?: number;
  readonly durationS?: number;
  readonly fps?: { readonly num: number; readonly den: number } | null;
  readonly bytes?: number;
  readonly robotType?: string | null;
  readonly cameras?: readonly { readonly name: string }[];
}

export interface VersionReport {
  readonly explanation?: string;
  readonly isListable?: boolean;
  readonly rules?: readonly RuleResult[];
  readonly findings?: readonly ReportFinding[];
  readonly counts?: Readonly<Record<string, number>>;
}

export interface ReportFinding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly path?: string;
  readonly row?: number;
  readonly episode?: number;
}

export interface VersionAnswer extends VersionSummary {
  readonly facts: {
    readonly measured?: MeasuredFacts;
    readonly declared?: { readonly robot?: { readonly maker?: string; readonly model?: string } };
  } | null;
  readonly report: VersionReport | null;
}

export interface OfferAnswer {
  readonly id: string;
  readonly title: LocalizedText;
  /** SPDX id or template of the market; null when the terms cannot be read. */
  readonly template: string | null;
  readonly kind: 'free' | 'priced';
  /** Price of one unit, in minor units. */
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly per: 'dataset' | 'hour' | 'episode';
  /** The whole price for the current version, in minor units; null before there is one. */
  readonly totalPriceMinor: number | null;
  readonly needsApproval: boolean;
  /** Made to chosen organizations, the asker's own among them. */
  readonly isPrivate?: boolean;
  /** Slugs of those; for whoever made it. */
  readonly audience?: readonly string[] | null;
  readonly validUntil?: string | null;
  /** How many may hold a right under it at once. */
  readonly stock?: number | null;
  readonly termsHash: string;
  readonly uses: readonly { readonly use: string; readonly verdict: string; readonly duties: readonly string[] }[];
}

export interface DatasetAnswer extends DatasetSummary {
  readonly id: string;
  readonly status: string;
  readonly summary: LocalizedText;
  readonly formats: readonly string[];
  readonly modalities: readonly string[];
  readonly fps: number | null;
  readonly currentVersion: { readonly id: string; readonly label: string } | null;
}

const SUMMARY_FIELDS =
  'slug title { zh en } grade robots taskFamilies episodes durationS sizeBytes usableFor hasFreeOffer minPriceCny minPriceUsd';
const VERSION_FIELDS = 'id datasetSlug label status commitId merkleRoot filesCount sizeBytes grade';

export interface DatasetFilter {
  readonly text?: string;
  readonly taskFamilies?: readonly string[];
  readonly robots?: readonly string[];
  readonly usableFor?: readonly string[];
  readonly grades?: readonly string[];
  readonly providers?: readonly string[];
  readonly formats?: readonly string[];
  readonly maxPriceMinor?: number;
  readonly currency?: string;
}

export const SearchDatasets = repeatable<
  { first: number; after?: string; filter: DatasetFilter },
  {
    datasets: {
      nodes: readonly DatasetSummary[];
      totalCount: number | null;
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    };
  }
>(
  'SearchDatasets',
  `query SearchDatasets($first: Int, $after: String, $filter: DatasetFilter) {
    datasets(first: $first, after: $after, filter: $filter) { nodes { ${SUMMARY_FIELDS} } totalCount pageInfo { hasNextPage endCursor } }
  }`,
);

export const Dataset = repeatable<{ slug: string }, { dataset: DatasetAnswer }>(
  'Dataset',
  `query Dataset($slug: String!) {
    dataset(slug: $slug) { id status ${SUMMARY_FIELDS} summary { zh en } formats modalities fps currentVersion { id label } }
  }`,
);

export const DatasetVersions = repeatable<
  { slug: string },
  { dataset: { id: string; versions: { nodes: readonly VersionSummary[] } } }
>(
  'DatasetVersions',
  `query DatasetVersions($slug: String!) { dataset(slug: $slug) { id versions(first: 50) { nodes { ${VERSION_FIELDS} } } } }`,
);

/** One version with its facts and report; null when there is none that the caller may see. */
export const Version = repeatable<{ id: string }, { node: VersionAnswer | null }>(
  'Version',
  `query Version($id: ID!) { node(id: $id) { ... on Version { ${VERSION_FIELDS} facts report } } }`,
);

/** A standard form of a version. */
export interface RenditionAnswer {
  readonly target: 'LEROBOT_V3_0' | 'LEROBOT_V2_1';
  readonly state: 'QUEUED' | 'MAKING' | 'READY' | 'FAILED';
  readonly sameAsOriginal: boolean;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly filesCount: number | null;
  readonly sizeBytes: number | null;
  readonly error: string | null;
}

export const VersionRenditions = repeatable<
  { id: string },
  { node: { renditions: readonly RenditionAnswer[] } | null }
>(
  'VersionRenditions',
  `query VersionRenditions($id: ID!) { node(id: $id) { ... on Version {
    renditions { target state sameAsOriginal commitId merkleRoot filesCount sizeBytes error }
  } } }`,
);

export interface EpisodeFilter {
  readonly outcome?: 'SUCCESS' | 'FAILURE';
  readonly minDurationS?: number;
  readonly maxDurationS?: number;
}

/** Numbers of a version's episodes that pass a filter. */
export const EpisodeIndices = repeatable<
  { id: string; first: number; after?: string; filter: EpisodeFilter },
  {
    node: {
      episodeList: {
        nodes: readonly { index: number }[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    } | null;
  }
>(
  'EpisodeIndices',
  `query EpisodeIndices($id: ID!, $first: Int, $after: String, $filter: EpisodeFilterInput) {
    node(id: $id) {
      ... on Version { episodeList(first: $first, after: $after, filter: $filter) { nodes { index } pageInfo { hasNextPage endCursor } } }
    }
  }`,
);

export const DatasetOffers = repeatable<{ slug: string }, { dataset: { id: string; offers: readonly OfferAnswer[] } }>(
  'DatasetOffers',
  `query DatasetOffers($slug: String!) {
    dataset(slug: $slug) {
      id
      offers { id title { zh en } template kind priceMinor currency per totalPriceMinor needsApproval isPrivate audience validUntil stock termsHash uses { use verdict duties } }
    }
  }`,
);

/** Paths of the files that hold the named episodes. */
export const EpisodeFiles = repeatable<
  { versionId: string; indices: readonly number[] },
  { episodeFiles: readonly string[] }
>(
  'EpisodeFiles',
  'query EpisodeFiles($versionId: ID!, $indices: [Int!]!) { episodeFiles(versionId: $versionId, indices: $indices) }',
);

/** Every file of a version, without the right to its bytes. */
export const VersionFiles = repeatable<
  { id: string; first: number; after?: string },
  {
    node: {
      files: {
        nodes: readonly { path: string; role: string; sizeBytes: number; sha256: string | null }[];
        pageInfo: { hasNextPage: boolean; endCursor: string | null };
      };
    } | null;
  }
>(
  'VersionFiles',
  `query VersionFiles($id: ID!, $first: Int, $after: String) {
    node(id: $id) { ... on Version { files(first: $first, after: $after) { nodes { path role sizeBytes sha256 } pageInfo { hasNextPage endCursor } } } }
  }`,
);
