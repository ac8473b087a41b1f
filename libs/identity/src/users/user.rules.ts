import { z } from 'zod';
import { displayNameSchema, organizationSchema } from '../organizations/organization.rules.js';

export const emailSchema = z.string().trim().toLowerCase().max(254).pipe(z.email('is not an e-mail address'));

/** Length is what makes a password strong; NIST SP 800-63B asks for no more. */
export const passwordSchema = z
  .string()
  .min(10, 'must have at least 10 characters')
  .max(256, 'must have at most 256 characters');

export const signUpSchema = z.object({
  email: emailSchema,
  password: passwordSchema,
  name: displayNameSchema,
  organization: organizationSchema,
});

export type SignUp = z.input<typeof signUpSchema>;
