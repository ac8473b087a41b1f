import { z } from 'zod';

export const DATASET_STATUSES = ['draft', 'in_review', 'listed', 'suspended', 'withdrawn'] as const;
export type DatasetStatus = (typeof DATASET_STATUSES)[number];

/** Allowed steps of a dataset's life. */
const STEPS: Readonly<Record<DatasetStatus, readonly DatasetStatus[]>> = {
  draft: ['in_review', 'listed', 'withdrawn'],
  in_review: ['listed', 'draft', 'withdrawn'],
  listed: ['suspended', 'withdrawn'],
  // Not withdrawn: publishing brings back what was withdrawn, and a provider must not lift the operator's suspension so.
  suspended: ['listed'],
  withdrawn: ['in_review', 'listed'],
};

export function canDatasetBecome(from: DatasetStatus, to: DatasetStatus): boolean {
  return STEPS[from].includes(to);
}

/** Where a dataset goes when a version is published: a verified provider's is listed, any other's is reviewed first. */
export function statusAfterPublishing(current: DatasetStatus, isVerifiedProvider: boolean): DatasetStatus {
  if (current === 'listed' || current === 'suspended') return current;
  return isVerifiedProvider ? 'listed' : 'in_review';
}

const text = (max: number) => z.string().trim().max(max, `must be at most ${max} characters`).nullish();

export const localizedSchema = (max: number) => z.object({ zh: text(max), en: text(max) });

export const datasetNameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])\/[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,94}[a-zA-Z0-9])?$/,
    'must look like organization/dataset, of letters, digits, ".", "_" and "-"',
  )
  .refine((name) => !/\.\.|--|\.git$/.test(name), 'must not contain ".." or "--", nor end in ".git"');

export const reasonSchema = z
  .string()
  .trim()
  .min(10, 'must have at least 10 characters')
  .max(512, 'must have at most 512 characters');
