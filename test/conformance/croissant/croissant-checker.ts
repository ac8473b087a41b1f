import { idOf, nodesAt, typesOf, valuesAt } from '../../support/json-ld.js';
import type { JsonLd, Node } from '../../support/json-ld.js';

const SC = 'https://schema.org/';
const CR = 'http://mlcommons.org/croissant/';
const CONFORMS_TO = 'http://purl.org/dc/terms/conformsTo';
const VERSION = 'http://mlcommons.org/croissant/1.1';

/** Data types that readers of Croissant know. */
const DATA_TYPES = new Set([
  ...['Boolean', 'Date', 'DateTime', 'Float', 'ImageObject', 'Integer', 'Number', 'Text', 'Time', 'URL'].map(
    (name) => `${SC}${name}`,
  ),
  ...['Float16', 'Float32', 'Float64', 'Int8', 'Int16', 'Int32', 'Int64', 'UInt8', 'UInt16', 'UInt32', 'UInt64'].map(
    (name) => `${CR}${name}`,
  ),
]);
const REQUIRED = ['name', 'description', 'license', 'url', 'creator', 'datePublished', 'distribution'];

interface Place {
  readonly node: Node;
  readonly via: string;
}

/** Every node below one, with the property that leads to it. */
function* below(node: Node, via = ''): Generator<Place> {
  yield { node, via };
  for (const [name, values] of Object.entries(node)) {
    if (name.startsWith('@') && name !== '@list') continue;
    for (const value of Array.isArray(values) ? (values as unknown[]) : []) {
      if (typeof value !== 'object' || value === null || '@value' in value) continue;
      yield* below(value as Node, name);
    }
  }
}

const isReference = (node: Node): boolean => Object.keys(node).length === 1 && '@id' in node;
const isIsoDate = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^\d{4}-\d\d-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?$/.test(value) &&
  !Number.isNaN(Date.parse(value));

/**
 * The rules that the reference reader of Croissant 1.1 enforces, and those of the specification that it leaves to others,
 * by name. Written from the specification and from what that reader was seen to refuse; shares no code with the market.
 */
export async function croissantProblems(document: Record<string, unknown>, jsonLd: JsonLd): Promise<string[]> {
  const context = document['@context'];
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return ['context-is-an-object'];
  const problems = new Set<string>();
  const check = (rule: string, holds: boolean): void => void (holds || problems.add(rule));
  check('vocab-is-schema-org', (context as Record<string, unknown>)['@vocab'] === SC);
  const graph = await jsonLd.expand(document);
  const places = graph.flatMap((node) => [...below(node)]);
  const datasets = places.filter(({ node }) => typesOf(node).includes(`${SC}Dataset`));
  const [found] = datasets;
  check('one-dataset', datasets.length === 1);
  if (!found) return [...problems];
  checkDataset(found.node, check);
  checkIdentifiers(found.node, places, check);
  const described = new Set(places.filter(({ node }) => !isReference(node)).map(({ node }) => idOf(node)));
  checkDistribution(found.node, described, check);
  checkRecordSets(found.node, described, check);
  return [...problems];
}

type Check = (rule: string, holds: boolean) => void;

function checkDataset(dataset: Node, check: Check): void {
  const told = [...valuesAt(dataset, CONFORMS_TO), ...nodesAt(dataset, CONFORMS_TO).map(idOf)];
  check('conforms-to-1.1', told.includes(VERSION));
  for (const name of REQUIRED) {
    const values = dataset[`${SC}${name}`];
    check(
      `has-${name}`,
      Array.isArray(values) && values.length > 0 && valuesAt(dataset, `${SC}${name}`).every(Boolean),
    );
  }
  for (const name of ['datePublished', 'dateCreated', 'dateModified'])
    for (const date of valuesAt(dataset, `${SC}${name}`)) check('dates-are-iso', isIsoDate(date));
  const version = valuesAt(dataset, `${SC}version`);
  check('version-is-semantic', version.length === 1 && /^\d+\.\d+\.\d+$/.test(String(version[0])));
  check('has-citeAs', valuesAt(dataset, `${CR}citeAs`).length === 1);
}

function checkIdentifiers(dataset: Node, places: readonly Place[], check: Check): void {
  const whole = places.filter(({ node }) => !isReference(node)).flatMap(({ node }) => idOf(node) ?? []);
  check('ids-are-unique', new Set(whole).size === whole.length);
  const relative = whole.map((id) => id.replace(/^[a-z]+:\/\//, ''));
  check(
    'ids-have-no-space',
    relative.every((id) => !/\s/.test(id)),
  );
  // The reference reader puts a node in the place of each reference to it, and falls over those that lead back.
  const back = places.filter(({ node }) => isReference(node) && idOf(node) === idOf(dataset));
  check('nothing-leads-back-to-the-dataset', back.length === 0);
}

function checkDistribution(dataset: Node, described: ReadonlySet<string | undefined>, check: Check): void {
  const isLive = valuesAt(dataset, `${CR}isLiveDataset`).includes(true);
  for (const file of nodesAt(dataset, `${SC}distribution`)) {
    const types = typesOf(file);
    const isObject = types.includes(`${CR}FileObject`);
    const isSet = types.includes(`${CR}FileSet`);
    check('files-are-of-croissant', isObject || isSet);
    const containers = nodesAt(file, `${CR}containedIn`);
    check('encodingFormat', valuesAt(file, `${SC}encodingFormat`).length > 0);
    check('containedIn-is-a-reference', containers.every(isReference));
    check(
      'references-lead-somewhere',
      containers.every((node) => !isReference(node) || described.has(idOf(node))),
    );
    if (isSet) check('includes', valuesAt(file, `${CR}includes`).length > 0);
    if (!isObject) continue;
    check('contentUrl', containers.length > 0 || valuesAt(file, `${SC}contentUrl`).length === 1);
    const hashes = valuesAt(file, `${SC}sha256`);
    check('sha256-or-md5', isLive || hashes.length > 0 || valuesAt(file, `${CR}md5`).length > 0);
    check(
      'sha256-is-hexadecimal',
      hashes.every((hash) => /^[0-9a-f]{64}$/.test(String(hash))),
    );
    for (const size of valuesAt(file, `${SC}contentSize`)) check('contentSize', /^\d+ B$/.test(String(size)));
  }
}

function checkRecordSets(dataset: Node, described: ReadonlySet<string | undefined>, check: Check): void {
  for (const records of nodesAt(dataset, `${CR}recordSet`)) {
    check('record-sets-are-typed', typesOf(records).includes(`${CR}RecordSet`));
    for (const key of nodesAt(records, `${CR}key`)) check('references-lead-somewhere', described.has(idOf(key)));
    const sources = new Set<string | undefined>();
    let hasReferences = false;
    for (const field of nodesAt(records, `${CR}field`)) {
      const types = nodesAt(field, `${CR}dataType`).map(idOf);
      check('dataType-is-known', types.length > 0 && types.every((type) => type !== undefined && DATA_TYPES.has(type)));
      const isArray = valuesAt(field, `${CR}isArray`).includes(true);
      check('arrayShape-needs-isArray', isArray || valuesAt(field, `${CR}arrayShape`).length === 0);
      hasReferences ||= nodesAt(field, `${CR}references`).length > 0;
      for (const source of nodesAt(field, `${CR}source`)) {
        const files = [...nodesAt(source, `${CR}fileSet`), ...nodesAt(source, `${CR}fileObject`)];
        check('fields-have-a-source', files.length === 1);
        for (const file of files) {
          check('references-lead-somewhere', described.has(idOf(file)));
          sources.add(idOf(file));
        }
      }
    }
    check('one-source-without-references', sources.size <= 1 || hasReferences);
  }
}
