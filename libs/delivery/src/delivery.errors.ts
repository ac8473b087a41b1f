import { defineErrors, refusal } from '@app/kernel';

/** What delivery can refuse with. */
export const DeliveryErrors = defineErrors('DELIVERY', {
  FILE_NOT_IN_GRANT: refusal(
    'NOT_FOUND',
    (d: { paths: readonly string[] }) =>
      `The granted version holds no ${d.paths.length === 1 ? 'file' : 'files'} ${d.paths.map((path) => `"${path}"`).join(', ')}.`,
    { paths: ['data/chunk-000/episode_000000.parquet'] },
  ),
  RANGE_OUTSIDE_FILE: refusal(
    'INVALID',
    (d: { path: string; sizeBytes: number }) => `The range lies outside "${d.path}", which has ${d.sizeBytes} bytes.`,
    { path: 'videos/front.mp4', sizeBytes: 1000 },
  ),
  RENDITION_NOT_READY: refusal(
    'CONFLICT',
    (d: { rendition: string }) =>
      `There is no ${d.rendition} form of this version: it is not made yet, could not be made, or is the version's own form. Look at the version's renditions.`,
    { rendition: 'lerobot_v3.0' },
  ),
  CONSENT_WITHDRAWN: refusal(
    'FORBIDDEN',
    (d: { paths: readonly string[]; successor: string | null }) =>
      `A contributor withdrew consent for episodes in ${d.paths.length > 0 ? d.paths.map((path) => `"${path}"`).join(', ') : 'this version'}, so these files are not handed out any more. ${
        d.successor === null
          ? 'License the corrected version when it is out; files without those episodes can be leased by their paths.'
          : `License the corrected version ${d.successor}; files without those episodes can be leased by their paths.`
      }`,
    { paths: ['data/chunk-000/episode_000000.parquet'], successor: 'v2' as string | null },
  ),
  NOTHING_LEFT: refusal('NOT_FOUND', () => 'There is no file behind this cursor: the list has ended.', {}),
});
