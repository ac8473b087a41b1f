import type { FindingCode } from '@app/formats';

/** Files of an upload by path. Many paths may share one buffer; it is stored once. */
export type Upload = ReadonlyMap<string, Uint8Array>;

/** Something that somebody may upload, by mistake or not, and what the market has to say to it. */
export interface HostileUpload {
  readonly name: string;
  build(): Promise<Upload> | Upload;
  /** One of these codes must be among the errors. `sound`: there must be none, for nothing is wrong or nobody is led astray by it. */
  readonly expected: readonly FindingCode[] | 'sound';
  /** The worst ones are read in a process of their own, exactly as the worker does it. */
  readonly isAlone?: true;
}

/** Entries of one kind that differ in what was done to a file, each named for it. */
export function variants<T>(
  title: string,
  cases: Readonly<Record<string, T>>,
  build: (one: T) => Promise<Upload> | Upload,
  expected: HostileUpload['expected'],
): HostileUpload[] {
  return Object.entries(cases).map(([what, one]) => ({ name: `${title}: ${what}`, build: () => build(one), expected }));
}

/** The upload with some of its files put in another way. */
export function withFiles(upload: Upload, files: Readonly<Record<string, Uint8Array | string>>): Upload {
  return new Map([
    ...upload,
    ...Object.entries(files).map(
      ([path, bytes]) => [path, typeof bytes === 'string' ? Buffer.from(bytes) : bytes] as const,
    ),
  ]);
}

/** The bytes of one file of an upload. */
export function fileOf(upload: Upload, path: string): Buffer {
  const bytes = upload.get(path);
  if (!bytes) throw new Error(`there is no ${path} in this upload`);
  return Buffer.from(bytes);
}
