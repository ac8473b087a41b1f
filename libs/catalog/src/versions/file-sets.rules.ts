import type { FileRow } from './file.queries.js';

/** Files of one role and kind, as patterns over their paths. */
export interface FileSet {
  /** Without white space, unique within the version: `data-parquet`. */
  readonly id: string;
  readonly role: FileRow['role'];
  readonly mediaType: string;
  /** Globs from the root; `*` does not cross a folder, `**` does. */
  readonly includes: readonly string[];
  readonly files: number;
}

/** More kinds than any format has; what goes beyond falls into one set for each role. */
const MAX_SETS = 40;
const MAX_PATTERNS = 100;
/** Endings this short are names (`mp4`, `hdf5`); in longer ones digits are counters (`tfrecord-00000-of-00012`). */
const NAME_LENGTH = 5;

interface OpenSet {
  readonly id: string;
  readonly role: FileRow['role'];
  readonly mediaType: string;
  readonly ending: string | null;
  readonly patterns: Set<string>;
  files: number;
}

/** Gathers the files of a version, one by one and in any number, into sets of bounded number and size. */
export class FileSets {
  private readonly sets = new Map<string, OpenSet>();

  add({ path, role, mediaType }: Pick<FileRow, 'path' | 'role' | 'mediaType'>): void {
    const ending = endingOf(path);
    const own = `${role}-${slugOf(ending ?? 'files')}`;
    const isRoom = this.sets.has(own) || this.sets.size < MAX_SETS;
    const id = isRoom ? own : `${role}-others`;
    let set = this.sets.get(id);
    if (!set) {
      set = isRoom
        ? { id, role, mediaType, ending, patterns: new Set(), files: 0 }
        : { id, role, mediaType: 'application/octet-stream', ending: null, patterns: new Set(['**']), files: 0 };
      this.sets.set(id, set);
    }
    set.files += 1;
    if (set.patterns.size <= MAX_PATTERNS && !set.patterns.has('**')) set.patterns.add(patternOf(path, ending));
  }

  /** In order of their ids. */
  finish(): FileSet[] {
    return [...this.sets.values()]
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .map(({ id, role, mediaType, ending, patterns, files }) => ({
        id,
        role,
        mediaType,
        includes: patterns.size > MAX_PATTERNS ? [ending ? `**/*.${ending}` : '**'] : [...patterns].sort(),
        files,
      }));
  }
}

function endingOf(path: string): string | null {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const ending = name.includes('.') ? name.slice(name.lastIndexOf('.') + 1).toLowerCase() : '';
  if (ending === '' || !/^[a-z0-9_-]{1,40}$/.test(ending)) return null;
  return ending.length <= NAME_LENGTH ? ending : ending.replaceAll(/\d+/g, '*');
}

const slugOf = (text: string): string => text.replaceAll(/[^a-z0-9]+/g, '-').replaceAll(/^-|-$/g, '') || 'files';

/** A name may hold what a glob takes for a sign of its own. */
const literal = (segment: string): string => segment.replaceAll(/[*?[\]{}]/g, '?');

/** Folders that are counted are one pattern (`data/chunk-000` → `data/*`), all others stay as they are. */
function patternOf(path: string, ending: string | null): string {
  const segments = path.split('/');
  const name = segments.pop() ?? '';
  if (segments.length === 0 || ending === null) return [...segments, name].map(literal).join('/');
  return [...segments.map((segment) => (/\d/.test(segment) ? '*' : literal(segment))), `*.${ending}`].join('/');
}
