import { beforeEach, describe, expect, it } from '@jest/globals';
import type { FileLayer, GrantedFile } from './fenced-files.js';
import { FencedFiles } from './fenced-files.js';

class ErrnoError extends Error {
  constructor(readonly errno: number) {
    super();
  }
}

describe('the fence around the HDF5 library', () => {
  let opened: string[];
  let closed: number[];
  let written: string;
  let layer: FileLayer;
  let fence: FencedFiles;
  const file: GrantedFile = {
    alias: '/granted/1.h5',
    number: 1,
    sizeBytes: 99,
    content: { path: '/data/a.h5' },
    streams: new Set(),
  };

  beforeEach(() => {
    opened = [];
    closed = [];
    written = '';
    file.streams.clear();
    layer = {
      open: (path, flags) => {
        opened.push(`${path} ${flags}`);
        return { fd: 10 + opened.length };
      },
      close: (stream) => void closed.push(stream.fd),
      stat: (path) => ({ path }),
      fstat: () => ({ size: 1 }),
      read: () => 0,
      write: (_, buffer, offset, length) => {
        written += Buffer.from(buffer.subarray(offset, offset + length)).toString();
        return length;
      },
      createStream: () => ({ fd: 3 }),
      ErrnoError,
    };
    fence = new FencedFiles(layer);
  });

  it('opens the granted file, for reading only, and nothing else', () => {
    const outcome = fence.within(file, () => {
      layer.open('/granted/1.h5', 2, 0o666);
      return layer.open('/etc/passwd', 0);
    });

    expect(opened).toEqual(['/data/a.h5 0']);
    expect(outcome).toMatchObject({ result: null, refused: '/etc/passwd', error: { errno: 44 } });
  });

  it('does not take the search for plug-ins for the doing of the file', () => {
    const { refused } = fence.within(file, () => layer.open('/usr/local/hdf5/lib/plugin', 65_536));

    expect(refused).toBeNull();
    expect(opened).toEqual([]);
  });

  it('knows no other path, and gives every grant an inode of its own', () => {
    const { result } = fence.within(file, () => layer.stat('/granted/1.h5'));

    expect(result).toMatchObject({ ino: 1, dev: 1, size: 99 });
    expect(fence.within(file, () => layer.stat('/etc')).error).toMatchObject({ errno: 44 });
  });

  it('keeps what the library says instead of printing it', () => {
    const complaint = Buffer.from('HDF5-DIAG: a complaint');

    const { said } = fence.within(file, () => layer.write({ fd: 2 }, complaint, 0, complaint.byteLength));

    expect(said).toBe('HDF5-DIAG: a complaint');
    expect(written).toBe('');
  });

  it('is open when no file is granted, and takes back what was left open', () => {
    fence.within(file, () => layer.open('/granted/1.h5', 0));
    fence.release(file);
    layer.open('/tmp/mine', 1);

    expect(closed).toEqual([11]);
    expect(opened).toEqual(['/data/a.h5 0', '/tmp/mine 1']);
  });
});
