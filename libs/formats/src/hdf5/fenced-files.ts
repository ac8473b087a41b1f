import { isSoundHeap, readHeapSize } from './global-heap.js';

/** What the library asks of a stream of Emscripten's file layer. */
interface Stream {
  readonly fd: number;
}

interface FileLayer {
  open(path: string, flags: number, mode?: number): Stream;
  close(stream: Stream): void;
  stat(path: string, dontFollow?: boolean): unknown;
  fstat(fd: number): { readonly size: number };
  read(stream: Stream, buffer: Uint8Array, offset: number, length: number, position?: number): number;
  write(stream: Stream, buffer: Uint8Array, offset: number, length: number, position?: number): number;
  createStream(stream: object): Stream;
  readonly ErrnoError: new (errno: number) => Error;
}

/** The one file that the library may open while it works: on disk, or held in memory. */
export interface GrantedFile {
  /** The name under which the library knows it; a file cannot name another one with it. */
  readonly alias: string;
  readonly number: number;
  readonly sizeBytes: number;
  readonly content: { readonly path: string } | { readonly bytes: Uint8Array };
  readonly streams: Set<Stream>;
}

const ENOENT = 44;
const EIO = 29;
const O_DIRECTORY = 65_536;
const READ_ONLY_FILE = 0o100444;
const STANDARD_ERROR = 2;
const MAX_SAID_CHARS = 16_384;
const NO_TIME = new Date(0);

/**
 * Stands between the HDF5 library and the disk. A file can name others (external links, external storage, virtual
 * data sets, plug-ins), and the library would open whatever it is told to, so while it works for one file nothing
 * else exists. Its diagnostics are kept here instead of going to the terminal.
 */
export class FencedFiles {
  private granted: GrantedFile | null = null;
  private refusedPath: string | null = null;
  private said = '';

  constructor(private readonly layer: FileLayer) {
    const { open, stat, fstat, read, write } = layer;
    layer.open = (path, flags, mode) => (this.granted ? this.openGranted(path, flags, open) : open(path, flags, mode));
    layer.stat = (path, dontFollow) => (this.granted ? this.statGranted(path) : stat(path, dontFollow));
    layer.fstat = (fd) => {
      const granted = this.granted;
      return granted && [...granted.streams].some((stream) => stream.fd === fd) ? statOf(granted) : fstat(fd);
    };
    layer.read = (stream, buffer, offset, length, position) => {
      const count = read(stream, buffer, offset, length, position);
      if (this.granted && position !== undefined)
        this.checkHeap(stream, buffer.subarray(offset, offset + count), position, read);
      return count;
    };
    layer.write = (stream, buffer, offset, length, position) => {
      if (!this.granted || stream.fd !== STANDARD_ERROR) return write(stream, buffer, offset, length, position);
      if (this.said.length < MAX_SAID_CHARS)
        this.said += Buffer.from(buffer.subarray(offset, offset + length)).toString('latin1');
      return length;
    };
  }

  /** Runs synchronous work of the library for one file. */
  within<T>(
    file: GrantedFile,
    work: () => T,
  ): { result: T | null; error: unknown; refused: string | null; said: string } {
    this.granted = file;
    this.refusedPath = null;
    this.said = '';
    try {
      return { result: work(), error: null, refused: this.refusedPath, said: this.said };
    } catch (error) {
      return { result: null, error, refused: this.refusedPath, said: this.said };
    } finally {
      this.granted = null;
    }
  }

  /** Closes what a damaged file made the library forget. */
  release(file: GrantedFile): void {
    for (const stream of file.streams) {
      try {
        this.layer.close(stream);
      } catch {
        // It was closed by the library, as it should be.
      }
    }
    file.streams.clear();
  }

  private openGranted(path: string, flags: number, open: FileLayer['open']): Stream {
    const granted = this.granted;
    if (!granted || path !== granted.alias) {
      // The library looks into its folder of plug-ins for every filter that it does not know: not the file's doing.
      if ((flags & O_DIRECTORY) === 0) this.refusedPath ??= path;
      throw new this.layer.ErrnoError(ENOENT);
    }
    const stream =
      'path' in granted.content
        ? open(granted.content.path, 0, 0)
        : this.layer.createStream(memoryStream(path, granted.content.bytes));
    granted.streams.add(stream);
    return stream;
  }

  /** The library walks a damaged heap of texts for ever, so it never gets to see one. */
  private checkHeap(stream: Stream, head: Uint8Array, position: number, read: FileLayer['read']): void {
    const sizeBytes = readHeapSize(head);
    if (sizeBytes === null) return;
    if (position + sizeBytes <= (this.granted?.sizeBytes ?? 0)) {
      const whole = new Uint8Array(sizeBytes);
      if (read(stream, whole, 0, sizeBytes, position) === sizeBytes && isSoundHeap(whole)) return;
    }
    this.said += ` #000: the fence line 0 in read(): the heap of texts at byte ${position} is damaged\n`;
    throw new this.layer.ErrnoError(EIO);
  }

  private statGranted(path: string): unknown {
    if (this.granted?.alias === path) return statOf(this.granted);
    throw new this.layer.ErrnoError(ENOENT);
  }
}

/** Every grant is a file of its own to the library, whatever the disk says: it shares what it holds of equal inodes. */
function statOf(file: GrantedFile): { readonly size: number } {
  return {
    dev: file.number,
    ino: file.number,
    mode: READ_ONLY_FILE,
    nlink: 1,
    uid: 0,
    gid: 0,
    rdev: 0,
    size: file.sizeBytes,
    blocks: Math.ceil(file.sizeBytes / 512),
    atime: NO_TIME,
    mtime: NO_TIME,
    ctime: NO_TIME,
  } as { readonly size: number };
}

function memoryStream(path: string, bytes: Uint8Array): object {
  return {
    path,
    flags: 0,
    position: 0,
    seekable: true,
    node: { mode: READ_ONLY_FILE, path },
    stream_ops: {
      read: (_: Stream, buffer: Int8Array, offset: number, length: number, position: number): number => {
        const part = bytes.subarray(position, position + length);
        buffer.set(part, offset);
        return part.byteLength;
      },
      llseek: (stream: { position: number }, offset: number, whence: number): number =>
        offset + (whence === 1 ? stream.position : whence === 2 ? bytes.byteLength : 0),
    },
  };
}

export type { FileLayer };
