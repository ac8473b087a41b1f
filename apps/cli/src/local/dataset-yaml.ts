import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { CliErrors } from '../cli.errors.js';
import { readYaml } from './bounded-yaml.js';

/** What only a person knows about a dataset: words for people, and facts that the market keeps as *declared*. */
export interface DatasetMetadata {
  readonly title: { readonly zh: string | null; readonly en: string | null };
  readonly summary: { readonly zh: string | null; readonly en: string | null } | null;
  readonly declared: Readonly<Record<string, unknown>>;
}

const LARGEST_BYTES = 1 << 20;
const CJK = /[\u3400-\u9fff]/;

/** A plain text is taken for Chinese when it holds Chinese characters. */
const words = z.union([
  z
    .string()
    .trim()
    .min(1)
    .transform((text) => (CJK.test(text) ? { zh: text, en: null } : { zh: null, en: text })),
  z
    .object({ zh: z.string().trim().nullish(), en: z.string().trim().nullish() })
    .strict()
    .transform(({ zh, en }) => ({ zh: zh ?? null, en: en ?? null })),
]);

const schema = z.looseObject({ title: words.optional(), summary: words.optional() });

/** @throws CLI_BAD_METADATA naming every problem */
export async function readDatasetYaml(path: string): Promise<DatasetMetadata> {
  if ((await stat(path)).size > LARGEST_BYTES)
    throw CliErrors.BAD_METADATA({ path, reason: 'it is larger than 1 MiB' });
  return parseDatasetYaml(await readFile(path, 'utf8'), path);
}

/** @throws CLI_BAD_METADATA naming every problem */
export function parseDatasetYaml(text: string, path: string): DatasetMetadata {
  const yaml = readYaml(text);
  if ('problems' in yaml) throw CliErrors.BAD_METADATA({ path, reason: yaml.problems.join('; ') });
  const read = schema.safeParse(yaml.value ?? {});
  if (!read.success) {
    const problems = read.error.issues.map((issue) => `${issue.path.join('.') || 'the file'}: ${issue.message}`);
    throw CliErrors.BAD_METADATA({ path, reason: problems.join('; ') });
  }
  const { title, summary, ...declared } = read.data;
  if (!title) throw CliErrors.BAD_METADATA({ path, reason: '"title" is missing' });
  return { title, summary: summary ?? null, declared };
}
