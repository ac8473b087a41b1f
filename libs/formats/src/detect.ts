import type { FileTree } from './byte-source.js';
import { markByMagic } from './content-by-magic.js';
import type { FormatReader } from './dataset-source.js';
import { Defect } from './defect.js';
import type { FindingLog } from './findings.js';
import { explainUnrecognised } from './unrecognised.js';

/** A dataset that one of the readers can open: its reader and its root (`""` or `"folder/"`). */
export interface Recognised {
  readonly reader: FormatReader;
  readonly root: string;
  /** The files as the reader knows them. */
  readonly tree: FileTree;
}

/**
 * Asks every reader what it finds in an upload and decides whose dataset it is.
 * A dataset inside another reader's is a part of that one if the other stands earlier in `readers`; at one root the earlier
 * reader wins. What is left must be one: several are MULTIPLE_DATASETS, and the first is gone on with.
 * Names only save opening files: where they tell nothing, the first bytes do.
 * @returns null with a finding that says what was seen instead.
 */
export async function recognise(
  tree: FileTree,
  readers: readonly FormatReader[],
  log: FindingLog,
): Promise<Recognised | null> {
  let found = await findAll(tree, readers, log);
  if (found.length === 0) {
    const marked = await markByMagic(tree);
    if (marked) found = await findAll(marked, readers, log);
  }
  const [first] = found;
  if (!first) {
    await explainUnrecognised(tree, readers, log);
    return null;
  }
  if (found.length > 1) {
    log.add('MULTIPLE_DATASETS', 'the upload holds several datasets: publish each on its own', {
      actual: found
        .slice(0, 5)
        .map(({ reader, root }) => (isOneReader(found) ? root || './' : `${root || './'} (${reader.title})`))
        .join(', '),
    });
  }
  return first;
}

async function findAll(tree: FileTree, readers: readonly FormatReader[], log: FindingLog): Promise<Recognised[]> {
  const found: Recognised[] = [];
  for (const reader of readers) {
    for (const root of await rootsOf(reader, tree, log)) {
      if (!found.some((other) => isInside(root, other.root) && (other.reader !== reader || other.root === root)))
        found.push({ reader, root, tree });
    }
  }
  return found;
}

async function rootsOf(reader: FormatReader, tree: FileTree, log: FindingLog): Promise<readonly string[]> {
  try {
    return await reader.find(tree);
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    log.add(error.code, error.message, error.detail);
    return [];
  }
}

function isInside(root: string, other: string): boolean {
  return root.startsWith(other);
}

function isOneReader(found: readonly Recognised[]): boolean {
  return new Set(found.map(({ reader }) => reader)).size === 1;
}
