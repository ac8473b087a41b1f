import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareByPath, fileLeaf, merkleRoot } from '@app/kernel';
import { z } from 'zod';
import { CliErrors } from '../cli.errors.js';
import { STATE_FOLDER, pathProblem } from './safe-path.js';

const hex = (digits: number): z.ZodString => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));

const manifestSchema = z.object({
  v: z.literal(1),
  slug: z.string(),
  version: z.string(),
  commit: hex(40).nullable(),
  merkleRoot: hex(64).nullable(),
  grantId: z.string(),
  termsHash: z.string().nullable(),
  endpoint: z.string(),
  pulledAt: z.string(),
  /** The standard form that was taken; null for the version's own files. */
  form: z.string().nullable().default(null),
  /** The episodes that were asked for (`0-99,120`); null when the whole version was taken. */
  episodes: z.string().nullable(),
  /** Id of the certificate beside this file; null where the market signed none. */
  certificate: z.string().nullable().default(null),
  /**
   * For a part of a version: the leaf hash of each file that was not taken, and null for each that was, in order of path
   * bytes. With it the part is proved to be of the version whose root was licensed.
   */
  tree: z.array(hex(64).nullable()).nullable().default(null),
  files: z.array(
    z.object({
      path: z.string().refine((path) => pathProblem(path) === null, 'is not a safe path'),
      sizeBytes: z.number().int().min(0),
      sha256: hex(64),
    }),
  ),
});

/** What a completed pull left behind: enough to prove the folder with the network off. */
export type Manifest = z.infer<typeof manifestSchema>;

/** What the listed files add up to, with the leaves of those that were not taken; null when they do not fit together. */
export function rootOf({ files, tree }: Pick<Manifest, 'files' | 'tree'>): string | null {
  const leaves = [...files].sort(compareByPath).map(fileLeaf);
  if (tree === null) return merkleRoot(leaves).toString('hex');
  if (tree.filter((leaf) => leaf === null).length !== leaves.length) return null;
  let next = 0;
  return merkleRoot(
    tree.map((leaf) => (leaf === null ? leaves[next++] : Buffer.from(leaf, 'hex')) ?? Buffer.alloc(0)),
  ).toString('hex');
}

export const manifestPathOf = (folder: string): string => join(folder, STATE_FOLDER, 'manifest.json');

/** @throws CLI_NO_MANIFEST, CLI_BAD_MANIFEST */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = manifestPathOf(folder);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) {
      throw CliErrors.NO_MANIFEST({ path: folder }, error);
    }
    throw error;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw CliErrors.BAD_MANIFEST({ path, reason: 'it is not JSON' }, error);
  }
  const read = manifestSchema.safeParse(value);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw CliErrors.BAD_MANIFEST({ path, reason: `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is wrong'}` });
}

/** Written whole or not at all, and only once every file is proved. */
export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const path = manifestPathOf(folder);
  await mkdir(join(folder, STATE_FOLDER), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  try {
    await writeFile(draft, `${JSON.stringify(manifest, null, 1)}\n`);
    await rename(draft, path);
  } finally {
    await rm(draft, { force: true });
  }
}
