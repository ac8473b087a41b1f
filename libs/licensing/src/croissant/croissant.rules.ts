import type { DatasetRow, DeclaredFacts, ManifestFacts, VersionFacts, VersionRow } from '@app/catalog';
import type { OfferRow } from '../offers/offer.queries.js';
import { profileOf } from '../odrl/odrl-names.js';
import { toOdrl } from '../odrl/write-policy.rules.js';
import type { Terms } from '../terms/terms.js';
import { factsOf } from '../use-check/compliance-facts.js';
import { croissantContext } from './croissant-context.js';
import { personsAndPlaces } from './responsible-ai.rules.js';

/** Everything that the description of a version is made from. */
export interface Described {
  readonly publicUrl: string;
  readonly dataset: DatasetRow;
  readonly version: VersionRow;
  readonly manifest: ManifestFacts;
  /** What is offered for this version now; none for an older or recalled one. */
  readonly offers: readonly OfferRow[];
  /** Where terms are read. */
  readonly termsUrl: (hash: string) => string;
  /** The address of "no licence", which holds where nothing is offered. */
  readonly noLicenceUrl: string;
}

type Json = Record<string, unknown>;

export const CROISSANT_MEDIA_TYPE = 'application/ld+json; profile="http://mlcommons.org/croissant/1.1"';
const CONFORMS_TO = ['http://mlcommons.org/croissant/1.1', 'http://mlcommons.org/croissant/RAI/1.0'];
/** A policy has 4 to 20 kB; a dataset with more offers than this says how many it leaves out. */
const MAX_POLICIES = 50;

export const datasetUrlOf = (publicUrl: string, slug: string): string => `${publicUrl}/datasets/${slug}`;
export const versionUrlOf = (publicUrl: string, slug: string, label: string): string =>
  `${datasetUrlOf(publicUrl, slug)}/versions/${label}`;

/**
 * A version as Croissant 1.1, with its offers as ODRL in `usageInfo`. Every number is measured, what is declared says so, and
 * what is unknown is left out.
 * @see https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html
 */
export function toCroissant(described: Described): Json {
  const { publicUrl, dataset, version } = described;
  const url = datasetUrlOf(publicUrl, dataset.slug);
  const here = versionUrlOf(publicUrl, dataset.slug, version.label);
  const { measured, declared } = factsOfVersion(dataset, version);
  const { titleEn, titleZh, summaryEn, summaryZh } = dataset;
  const shown = dataset.name;
  const hasEnglish = [titleEn, summaryEn].some(Boolean) || ![titleZh, summaryZh].some(Boolean);
  const languages = [...(hasEnglish ? ['en'] : []), ...([titleZh, summaryZh].some(Boolean) ? ['zh'] : [])];
  const title = titleEn ?? titleZh ?? shown;
  const published = (version.publishedAt ?? version.createdAt).toISOString().slice(0, 10);
  return {
    '@context': croissantContext(profileOf(publicUrl), hasEnglish ? 'en' : 'zh'),
    '@type': 'sc:Dataset',
    '@id': url,
    conformsTo: CONFORMS_TO,
    name: title,
    alternateName: [...new Set([dataset.slug, titleZh, titleEn].filter((one) => one && one !== title))],
    description: descriptionOf(dataset, version),
    url,
    identifier: [
      property('commit', version.commitId),
      property('merkleRoot', version.merkleRoot),
      property('version', version.id),
    ],
    ...licenceOf(described),
    creator: organization(dataset),
    ...(declared.attribution && { creditText: declared.attribution }),
    publisher: { '@type': 'sc:Organization', name: 'Bodega', url: publicUrl },
    includedInDataCatalog: { '@type': 'sc:DataCatalog', name: 'Bodega', url: publicUrl },
    dateCreated: version.createdAt.toISOString().slice(0, 10),
    datePublished: published,
    version: semanticVersionOf(version.number),
    citeAs: citationOf(dataset, version, { title, published, url: here }),
    keywords: keywordsOf(dataset, version),
    inLanguage: languages,
    isLiveDataset: false,
    isAccessibleForFree: described.offers.some((offer) => offer.kind === 'free'),
    ...(version.recallReason !== null && { creativeWorkStatus: `Recalled: ${version.recallReason}` }),
    ...(version.changeNote !== null && { releaseNotes: version.changeNote }),
    variableMeasured: variablesOf(measured),
    distribution: distributionOf(described, here),
    ...recordSetOf(described, measured),
    ...personsAndPlaces(declared),
    'prov:wasAttributedTo': { '@type': 'prov:Organization', 'prov:label': dataset.organizationName },
    ...provenanceOf(declared),
  };
}

/** Measured and declared facts as they were frozen with the version; versions that were never measured have none. */
function factsOfVersion(
  dataset: DatasetRow,
  version: VersionRow,
): { measured: VersionFacts['measured'] | null; declared: DeclaredFacts } {
  const facts = version.facts as Partial<VersionFacts> | null;
  return { measured: facts?.measured ?? null, declared: facts?.declared ?? dataset.declared };
}

/** Any version may change any episode, so each is a major one: `v3` is 3.0.0. */
export const semanticVersionOf = (number: number): string => `${number}.0.0`;

const property = (propertyID: string, value: string | null): Json => ({
  '@type': 'sc:PropertyValue',
  propertyID,
  value: value ?? '',
});

const organization = (dataset: DatasetRow): Json => ({
  '@type': 'sc:Organization',
  name: dataset.organizationName,
  identifier: dataset.organizationSlug,
});

function descriptionOf(dataset: DatasetRow, version: VersionRow): string {
  const hours = (version.durationS / 3_600).toFixed(2);
  const layout = [version.format, version.formatVersion].filter(Boolean).join(' ');
  const measured = `${version.episodes} episodes, ${version.frames} frames, ${hours} h, ${version.filesCount} files, ${version.sizeBytes} bytes${layout ? `, ${layout}` : ''}; quality grade ${version.grade}. Measured from the bytes by the market.`;
  return [dataset.summaryEn, dataset.summaryZh, measured].filter(Boolean).join('\n\n');
}

function keywordsOf(dataset: DatasetRow, version: VersionRow): string[] {
  const { taskFamilies, skills, scenes, embodimentClasses, robots, endEffectors, modalities, collectionMethods } =
    dataset;
  const lists = [taskFamilies, skills, scenes, embodimentClasses, robots, endEffectors, modalities, collectionMethods];
  return [...new Set(['robotics', ...lists.flat(), ...(version.format ? [version.format] : [])])];
}

/** BibTeX, with whatever the provider typed kept from being read as BibTeX. */
function citationOf(
  dataset: DatasetRow,
  version: VersionRow,
  { title, published, url }: { title: string; published: string; url: string },
): string {
  const safe = (text: string): string => text.replaceAll(/[{}\\\r\n]/g, ' ').trim();
  const key = `${dataset.slug}_${version.label}`.replaceAll(/[^A-Za-z0-9]+/g, '_');
  const fields = [
    `title = {{${safe(title)}}}`,
    `author = {{${safe(dataset.organizationName)}}}`,
    `year = {${published.slice(0, 4)}}`,
    `version = {${version.label}}`,
    ...(version.commitId ? [`note = {commit ${version.commitId}}`] : []),
    `url = {${safe(url)}}`,
  ];
  return `@misc{${key}, ${fields.join(', ')}}`;
}

function licenceOf({ publicUrl, dataset, version, offers, termsUrl, noLicenceUrl }: Described): Json {
  const readable = offers.filter((offer): offer is OfferRow & { terms: Terms } => offer.terms !== null);
  const urls = [...new Set(readable.map((offer) => termsUrl(offer.termsHash)))];
  const policies = readable.slice(0, MAX_POLICIES).map((offer) => {
    const { '@type': type, ...policy } = toOdrl(offer.terms, {
      kind: 'Offer',
      profile: profileOf(publicUrl),
      uid: `urn:bodega:${offer.id}`,
      target: versionUrlOf(publicUrl, dataset.slug, version.label),
      assigner: `urn:bodega:${offer.organizationId}`,
      facts: factsOf(dataset.declared),
      price:
        offer.kind === 'priced' ? { amountMinor: offer.priceMinor, currency: offer.currency, per: offer.per } : null,
      needsApproval: offer.needsApproval,
    });
    return { '@type': ['sc:CreativeWork', type], name: offer.titleEn, ...policy };
  });
  const leftOut = readable.length - policies.length;
  return {
    license: urls.length > 1 ? urls : (urls[0] ?? noLicenceUrl),
    ...(policies.length > 0 && { usageInfo: policies.length > 1 ? policies : policies[0] }),
    ...(leftOut > 0 && { 'bdg:furtherOffers': leftOut }),
  };
}

const MANIFEST = 'manifest.jsonl';

function distributionOf({ manifest }: Described, here: string): Json[] {
  return [
    {
      '@type': 'cr:FileObject',
      '@id': MANIFEST,
      name: MANIFEST,
      description: 'Every file with its size, SHA-256, media type and role, one JSON object a line.',
      contentUrl: `${here}/${MANIFEST}`,
      contentSize: `${manifest.sizeBytes} B`,
      encodingFormat: 'application/jsonlines',
      sha256: manifest.sha256,
    },
    ...manifest.fileSets.map((set) => ({
      '@type': 'cr:FileSet',
      '@id': set.id,
      name: set.id,
      description: `${set.files} files.`,
      containedIn: { '@id': MANIFEST },
      encodingFormat: isParquet(set.mediaType) ? PARQUET : set.mediaType,
      includes: set.includes.length > 1 ? set.includes : set.includes[0],
    })),
  ];
}

/** The registered name, and the one by which readers of Croissant know it. */
const PARQUET = ['application/vnd.apache.parquet', 'application/x-parquet'];
const isParquet = (mediaType: string): boolean => PARQUET.includes(mediaType);

const DATA_TYPES: Readonly<Record<string, string>> = {
  bool: 'sc:Boolean',
  string: 'sc:Text',
  float16: 'cr:Float16',
  float32: 'cr:Float32',
  float64: 'cr:Float64',
  int8: 'cr:Int8',
  int16: 'cr:Int16',
  int32: 'cr:Int32',
  int64: 'cr:Int64',
  uint8: 'cr:UInt8',
  uint16: 'cr:UInt16',
  uint32: 'cr:UInt32',
  uint64: 'cr:UInt64',
};

/** Frames as records, where the format is tables that a reader of Croissant can open: the parquet files of LeRobot. */
function recordSetOf({ manifest }: Described, measured: VersionFacts['measured'] | null): Json {
  const files = manifest.fileSets.find((set) => set.role === 'data' && isParquet(set.mediaType));
  if (measured?.format !== 'lerobot' || !files) return {};
  const columns = measured.streams.filter((stream) => DATA_TYPES[stream.dtype] && !/\s/.test(stream.key));
  if (columns.length === 0) return {};
  const field = columns.map((stream) => {
    // LeRobot stores a feature of shape [1] as a plain column.
    const isArray = stream.shape.length > 1 || (stream.shape[0] ?? 1) > 1;
    return {
      '@type': 'cr:Field',
      '@id': `frames/${stream.key}`,
      name: stream.key,
      description: [stream.role, stream.unit ? `in ${stream.unit}` : null, stream.names.slice(0, 100).join(', ')]
        .filter(Boolean)
        .join('; '),
      dataType: DATA_TYPES[stream.dtype],
      ...(isArray && { isArray: true, arrayShape: stream.shape.join(',') }),
      source: { fileSet: { '@id': files.id }, extract: { column: stream.key } },
    };
  });
  const hasIndex = columns.some((stream) => stream.key === 'index');
  return {
    recordSet: [
      {
        '@type': 'cr:RecordSet',
        '@id': 'frames',
        name: 'frames',
        description: `${measured.frames} frames of ${measured.episodes} episodes.`,
        ...(hasIndex && { key: { '@id': 'frames/index' } }),
        field,
      },
    ],
  };
}

/** Every signal and camera, whatever the format; what cannot be a field of a record set is told here. */
function variablesOf(measured: VersionFacts['measured'] | null): Json[] {
  if (!measured) return [];
  const streams = measured.streams.map(({ key, role, unit, rateHz, shape, dtype }) => ({
    '@type': 'sc:PropertyValue',
    name: key,
    description: [role, `${dtype}[${shape.join(',')}]`, rateHz ? `${rateHz} Hz` : null].filter(Boolean).join('; '),
    ...(unit && { unitText: unit }),
  }));
  const cameras = measured.cameras
    .filter((camera) => !streams.some((stream) => stream.name === camera.key))
    .map(({ key, kind, width, height, fps, codec }) => ({
      '@type': 'sc:PropertyValue',
      name: key,
      description: `${kind} camera; ${width}x${height}; ${fps} Hz; ${codec}`,
    }));
  return [...streams, ...cameras].slice(0, 1_000);
}

/** Where the data comes from, as the provider declares it. */
function provenanceOf({ provenance, robot, site }: DeclaredFacts): Json {
  const links = { ...provenance };
  const told = [
    links.rig && `Rig: ${links.rig}`,
    links.operator && `Operator: ${links.operator}`,
    robot &&
      [robot.maker, robot.model].some(Boolean) &&
      `Robot: ${[robot.maker, robot.model].filter(Boolean).join(' ')}`,
    site && `Site: ${site}`,
  ].filter(Boolean);
  return {
    ...(links.source && { 'prov:wasDerivedFrom': { '@type': 'prov:Entity', 'prov:label': links.source } }),
    ...(told.length > 0 && {
      'prov:wasGeneratedBy': { '@type': 'prov:Activity', 'prov:label': `Declared. ${told.join('; ')}` },
    }),
  };
}
