import { z } from 'zod';
import { compareByPath, isId } from '@app/kernel';
import { RENDITION_TARGETS } from '@app/renditions';

/**
 * Files in one lease. The catalogue's page cap of 100 does not bind here: a manifest row is a path, a hash and a URL that
 * costs microseconds to sign, and a pull of 10,000 files should not take 100 round trips.
 */
export const LEASE_PAGE_CAP = 1000;

const byte = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Which files of which right; everything of the granted version unless `paths` or `ranges` say less. */
export const leaseRequestSchema = z
  .object({
    grantId: z.string().refine((id) => isId('Grant', id), 'is not the id of a grant'),
    /** A standard form of the version instead of its own files. */
    rendition: z.enum(RENDITION_TARGETS).nullish(),
    paths: z
      .array(z.string().min(1).max(1024))
      .min(1, 'name at least one path, or leave it out for all')
      .max(LEASE_PAGE_CAP)
      .nullish(),
    ranges: z
      .array(z.object({ path: z.string().min(1).max(1024), firstByte: byte, lastByte: byte }))
      .min(1)
      .max(LEASE_PAGE_CAP)
      .nullish(),
    after: z.string().max(4096).nullish(),
    first: z.number().int().min(1).max(LEASE_PAGE_CAP).nullish(),
  })
  .refine((request) => !request.ranges || (!request.paths && !request.after && !request.first), {
    path: ['ranges'],
    message: 'stand alone: one page holds them all, and they name their paths themselves',
  });

export type LeaseRequest = z.infer<typeof leaseRequestSchema>;

/** Distinct paths in the order of the catalogue (UTF-8 bytes), behind the cursor's path. */
export function pathsBehind(paths: readonly string[], after: string | null): string[] {
  const files = [...new Set(paths)].map((path) => ({ path })).sort(compareByPath);
  const behind = after === null ? files : files.filter((file) => compareByPath(file, { path: after }) > 0);
  return behind.map((file) => file.path);
}

/** When URLs made now die: after the lease's time, and never later than the right itself. Whole seconds, as SigV4 counts. */
export function leaseTimes(
  now: Date,
  leaseS: number,
  grantExpiresAt: Date | null,
): { signedAt: Date; expiresS: number } {
  const signedAt = new Date(Math.floor(now.getTime() / 1000) * 1000);
  const rest = grantExpiresAt === null ? leaseS : Math.floor((grantExpiresAt.getTime() - signedAt.getTime()) / 1000);
  return { signedAt, expiresS: Math.max(1, Math.min(leaseS, rest)) };
}
