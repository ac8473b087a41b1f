export const VERSION_STATUSES = [
  'uploading',
  'validating',
  'rejected',
  'ready',
  'published',
  'superseded',
  'recalled',
] as const;
export type VersionStatus = (typeof VERSION_STATUSES)[number];

/** Allowed steps of a version's life. What is released never goes back. */
const STEPS: Readonly<Record<VersionStatus, readonly VersionStatus[]>> = {
  uploading: ['validating'],
  validating: ['rejected', 'ready'],
  rejected: [],
  ready: ['published'],
  published: ['superseded', 'recalled'],
  superseded: ['recalled'],
  recalled: [],
};

export function canVersionBecome(from: VersionStatus, to: VersionStatus): boolean {
  return STEPS[from].includes(to);
}

/** Versions that anyone who sees the dataset may see. */
export const RELEASED: readonly VersionStatus[] = ['published', 'superseded', 'recalled'];

export function labelOf(number: number): string {
  return `v${number}`;
}
