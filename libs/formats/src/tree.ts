import type { ByteSource, FileContent, FileEntry, FileTree } from './byte-source.js';
import type { FindingLog } from './findings.js';

const MAX_PATH_CHARS = 1024;
const POINTER_BYTES = 1024;
/** Far more than any dataset needs. */
const MAX_FILES = 1_000_000;
/** Small files that are opened to see what they are; of more, evenly spread ones. */
const MAX_SMALL_FILES = 50_000;
/** Over a network each open is a round trip. */
const CONCURRENT_OPENS = 16;
const POINTER_HEAD = 'version https://git-lfs.github.com/spec/';
const JUNK = /(^|\/)(\.DS_Store|__MACOSX|Thumbs\.db|desktop\.ini|\.cache|\.ipynb_checkpoints|\.git)(\/|$)/;
/** Overrides and isolates of Unicode: with them `a\u202etxt.exe` is shown as `aexe.txt`. */
const DIRECTION_MARKS = /[\u202a-\u202e\u2066-\u2069]/;
const TEXT_EXTENSIONS = /\.(jsonl?|ya?ml|md|txt|csv|toml)$/i;

/** The files of one dataset, by path relative to its root. */
export class DatasetFiles {
  private readonly entries = new Map<string, FileEntry>();
  private readonly used = new Set<string>();

  constructor(
    private readonly tree: FileTree,
    readonly root: string,
  ) {
    for (const entry of tree.files) {
      if (entry.path.startsWith(root) && !isJunk(entry.path)) this.entries.set(entry.path.slice(root.length), entry);
    }
  }

  has(path: string): boolean {
    return this.entries.has(path);
  }

  sizeOf(path: string): number {
    return this.entries.get(path)?.sizeBytes ?? 0;
  }

  /** The path as the upload has it. */
  full(path: string): string {
    return this.root + path;
  }

  async open(path: string): Promise<ByteSource> {
    this.used.add(path);
    return this.tree.open(this.full(path));
  }

  /** See `FileTree.localPath`; null where the tree has no disk. */
  async localPath(path: string): Promise<string | null> {
    this.used.add(path);
    return this.tree.localPath ? this.tree.localPath(this.full(path)) : null;
  }

  /** Paths that match, or files that hold `content` whatever they are called, sorted. */
  list(pattern: RegExp, content?: FileContent): string[] {
    return [...this.entries]
      .filter(([path, entry]) => (entry.content ? entry.content === content : pattern.test(path)))
      .map(([path]) => path)
      .sort();
  }

  unused(pattern: RegExp): string[] {
    return this.list(pattern).filter((path) => !this.used.has(path));
  }

  get count(): number {
    return this.entries.size;
  }

  get bytes(): number {
    let sum = 0;
    for (const entry of this.entries.values()) sum += entry.sizeBytes;
    return sum;
  }
}

/** Files that operating systems and download tools leave behind. */
export function isJunk(path: string): boolean {
  return JUNK.test(path);
}

/**
 * Checks the names of an upload, then the few small files that may be something else than they seem:
 * Git-LFS pointers under any extension, and links written out as text.
 * @returns false if there are so many files that nothing more should be done with them.
 */
export async function checkTree(tree: FileTree, log: FindingLog): Promise<boolean> {
  if (tree.files.length > MAX_FILES) {
    log.add('TOO_LARGE', `an upload may have at most ${MAX_FILES} files: pack them into fewer, larger ones`, {
      actual: `${tree.files.length} files`,
    });
    return false;
  }
  const seen = new Set<string>();
  const small: FileEntry[] = [];
  for (const entry of tree.files) {
    const { path, sizeBytes } = entry;
    const reason = refusalOfPath(path);
    if (reason) log.add('PATH_REFUSED', `file name refused: ${reason}`, { path: path.slice(0, MAX_PATH_CHARS) });
    // Some file systems keep only one of two names that differ in how an accent is coded.
    const composed = path.normalize('NFC');
    if (seen.has(composed))
      log.add('PATH_REFUSED', 'the same path occurs twice, or once more with accents coded in another way', { path });
    seen.add(composed);
    if (isJunk(path))
      log.addOnce('junk', 'EXTRA_FILES', 'files left by an operating system or a download tool are ignored', { path });
    else if (sizeBytes > 0 && sizeBytes <= POINTER_BYTES) small.push(entry);
  }
  const stride = Math.ceil(small.length / MAX_SMALL_FILES) || 1;
  const looked = small.filter((_, i) => i % stride === 0);
  for (let at = 0; at < looked.length; at += CONCURRENT_OPENS) {
    const batch = looked.slice(at, at + CONCURRENT_OPENS);
    const texts = await Promise.all(batch.map((entry) => textOf(tree, entry)));
    batch.forEach((entry, i) => checkSmallFile(entry, texts[i] ?? '', log));
  }
  return true;
}

async function textOf(tree: FileTree, { path, sizeBytes }: FileEntry): Promise<string> {
  const source = await tree.open(path);
  return Buffer.from(await source.read(0, sizeBytes)).toString('latin1');
}

function checkSmallFile({ path, sizeBytes }: FileEntry, text: string, log: FindingLog): void {
  if (text.startsWith(POINTER_HEAD)) {
    const announced = /^size (\d{1,20})$/m.exec(text)?.[1];
    log.add('LFS_POINTER', 'this is a Git-LFS pointer, not the file: run "git lfs pull" before uploading', {
      path,
      actual: `${sizeBytes} bytes`,
      ...(announced ? { expected: `${announced} bytes` } : {}),
    });
  } else if (/^(\.\.\/|\/)[\x20-\x7e]+$/.test(text) && !text.includes('\n') && !TEXT_EXTENSIONS.test(path)) {
    log.add('SYMLINK_FILE', 'this file holds only a path: a link was uploaded instead of what it points at', {
      path,
      actual: text.slice(0, 200),
    });
  }
}

/** Why a path cannot be part of a dataset; null if it can. Hub clients and signed URLs choke on `#`, `?` and `%`. */
export function refusalOfPath(path: string): string | null {
  if (path === '' || path.length > MAX_PATH_CHARS) return 'empty or too long';
  if (path.startsWith('/') || /^[A-Za-z]:/.test(path)) return 'it is absolute';
  if (path.includes('\\')) return 'it has a backslash';
  if (/[#?%]/.test(path)) return 'it has one of # ? %';

  if (/[\u0000-\u001f\u007f]/.test(path)) return 'it has a control character';
  if (DIRECTION_MARKS.test(path))
    return 'it has a character that turns the direction of reading, which hides its true end';
  const parts = path.split('/');
  if (parts.includes('..') || parts.includes('.') || parts.includes('')) return 'it has an empty, "." or ".." part';
  return null;
}
