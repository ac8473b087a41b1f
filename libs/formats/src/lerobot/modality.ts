import type { FindingLog } from '../findings.js';
import { asCount, asObject, readJson } from '../text/json.js';
import type { DatasetFiles } from '../tree.js';
import type { Feature } from './features.js';
import { report } from './reading.js';

const MODALITY = 'meta/modality.json';
const MAX_BYTES = 4 * 2 ** 20;
const MAX_ENTRIES = 2000;
const VECTORS = { state: 'observation.state', action: 'action' } as const;

/** A named part of a state or action vector, half-open. */
interface Part {
  readonly name: string;
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** True if the set carries the file that makes it the GR00T flavour. */
export function hasModality(files: DatasetFiles): boolean {
  return files.has(MODALITY);
}

/**
 * Checks meta/modality.json of the GR00T flavour against the features, and gives vectors without channel names the names
 * that it has: `left_arm.0`, `left_arm.1`, `gripper`.
 *
 * @see https://github.com/NVIDIA/Isaac-GR00T, getting_started (LeRobot compatible data schema)
 */
export async function applyModality(
  files: DatasetFiles,
  features: readonly Feature[],
  log: FindingLog,
): Promise<readonly Feature[]> {
  const place = { path: files.full(MODALITY) };
  let value: unknown;
  try {
    value = await readJson(await files.open(MODALITY), MAX_BYTES);
  } catch (error) {
    report(log, error, place);
    return features;
  }
  const sections = asObject(value);
  if (!sections) {
    log.add('METADATA_INVALID', 'modality.json is not an object: write the sections state, action and video', place);
    return features;
  }
  const byKey = new Map(features.map((feature) => [feature.key, feature]));
  const parts: Part[] = [];
  for (const section of ['state', 'action'] as const) {
    for (const [name, entry] of entriesOf(sections[section], section, log, place)) {
      const part = toPart(name, entry, VECTORS[section], section, byKey, log, place);
      if (part) parts.push(part);
    }
  }
  for (const [name, entry] of entriesOf(sections['video'], 'video', log, place))
    checkVideo(name, entry, byKey, log, place);
  // Annotations are optional; each points at a column of task indices.
  if (sections['annotation'] !== undefined) {
    for (const [name, entry] of entriesOf(sections['annotation'], 'annotation', log, place))
      checkAnnotation(name, entry, byKey, log, place);
  }
  return features.map((feature) =>
    feature.names.length === 0 ? { ...feature, names: namesFrom(parts, feature) } : feature,
  );
}

function entriesOf(value: unknown, section: string, log: FindingLog, place: { path: string }): [string, unknown][] {
  const entries = Object.entries(asObject(value) ?? {});
  if (!asObject(value)) log.add('METADATA_INVALID', `modality.json has no usable section ${section}`, place);
  if (entries.length > MAX_ENTRIES)
    log.add('METADATA_INVALID', `section ${section} of modality.json has too many entries`, {
      ...place,
      expected: `at most ${MAX_ENTRIES}`,
      actual: `${entries.length}`,
    });
  return entries.slice(0, MAX_ENTRIES);
}

function toPart(
  name: string,
  entry: unknown,
  usualKey: string,
  section: string,
  features: ReadonlyMap<string, Feature>,
  log: FindingLog,
  place: { path: string },
): Part | null {
  const object = asObject(entry);
  const start = asCount(object?.['start']);
  const end = asCount(object?.['end']);
  if (start === null || end === null || end <= start) {
    log.add('METADATA_INVALID', `${section}.${name} of modality.json is not a range: start must be below end`, {
      ...place,
      actual: `${String(object?.['start'])} to ${String(object?.['end'])}`,
    });
    return null;
  }
  const key = originalKey(object?.['original_key'], usualKey);
  const feature = key === null ? undefined : features.get(key);
  if (key === null || !feature) {
    log.add(
      'METADATA_INVALID',
      `${section}.${name} of modality.json points at a feature that info.json does not declare`,
      {
        ...place,
        actual: (key ?? 'not a name').slice(0, 120),
      },
    );
    return null;
  }
  const width = feature.shape.reduce((product, length) => product * length, 1);
  if (end > width) {
    log.add('METADATA_INVALID', `${section}.${name} of modality.json reaches behind the end of ${key}`, {
      ...place,
      expected: `at most ${width}`,
      actual: `${start} to ${end}`,
    });
    return null;
  }
  return { name, key, start, end };
}

function checkVideo(
  name: string,
  entry: unknown,
  features: ReadonlyMap<string, Feature>,
  log: FindingLog,
  place: { path: string },
): void {
  const key = originalKey(asObject(entry)?.['original_key'], `observation.images.${name}`);
  const role = key === null ? undefined : features.get(key)?.role;
  if (role === 'video' || role === 'image') return;
  log.add('METADATA_INVALID', `video.${name} of modality.json points at a camera that info.json does not declare`, {
    ...place,
    actual: (key ?? 'not a name').slice(0, 120),
  });
}

function checkAnnotation(
  name: string,
  entry: unknown,
  features: ReadonlyMap<string, Feature>,
  log: FindingLog,
  place: { path: string },
): void {
  const key = originalKey(asObject(entry)?.['original_key'], `annotation.${name}`);
  if (key !== null && features.has(key)) return;
  log.add(
    'METADATA_INVALID',
    `annotation.${name} of modality.json points at a column that info.json does not declare`,
    {
      ...place,
      actual: (key ?? 'not a name').slice(0, 120),
    },
  );
}

function originalKey(value: unknown, usual: string): string | null {
  if (value === undefined || value === null) return usual;
  return typeof value === 'string' ? value : null;
}

/** Names of all channels of a vector, or none if the parts leave a channel without a name. */
function namesFrom(parts: readonly Part[], feature: Feature): readonly string[] {
  const width = feature.shape.length === 1 ? (feature.shape[0] ?? 0) : 0;
  const mine = parts.filter((part) => part.key === feature.key);
  if (mine.length === 0) return [];
  const names: string[] = [];
  for (const { name, start, end } of mine)
    for (let c = start; c < end; c += 1) names[c] = end - start === 1 ? name : `${name}.${c - start}`;
  return names.length === width && Object.keys(names).length === width ? names : [];
}
