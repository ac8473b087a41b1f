import { z } from 'zod';

/** Names that paths of the site use or will use. */
const RESERVED = new Set([
  'api',
  'auth',
  'datasets',
  'log',
  'graphql',
  'graphiql',
  'healthz',
  'readyz',
  'metrics',
  'certificates',
  'settings',
  'admin',
]);

/** The short name in a dataset's slug: lower case letters, digits and single hyphens. */
export const slugSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(
    /^[a-z0-9](?:[a-z0-9]|-(?=[a-z0-9])){0,38}[a-z0-9]$/,
    'must be 2 to 40 lower-case letters, digits or single hyphens',
  )
  .refine((slug) => !RESERVED.has(slug), 'is a reserved word');

export const displayNameSchema = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(200, 'must be at most 200 characters');

export const reasonSchema = z
  .string()
  .trim()
  .min(10, 'must have at least 10 characters')
  .max(512, 'must have at most 512 characters');

export const organizationSchema = z
  .object({
    slug: slugSchema,
    name: displayNameSchema,
    isProvider: z.boolean(),
    isBuyer: z.boolean(),
  })
  .refine((o) => o.isProvider || o.isBuyer, {
    message: 'an organization is a provider, a buyer, or both',
    path: ['isProvider'],
  });

export type NewOrganization = z.infer<typeof organizationSchema>;
