import { z } from 'zod';
import { SCOPES } from '@app/kernel';
import type { Scope } from '@app/kernel';
import { SECRET_LENGTH, randomBase62 } from '../sessions/token.js';

/** Hub clients demand the `hf_` prefix. */
export const API_KEY_PREFIX = 'hf_bodega_';
export const API_KEY_PATTERN = new RegExp(`^${API_KEY_PREFIX}[0-9A-Za-z]{${SECRET_LENGTH}}$`);

export function newApiKeySecret(): string {
  return API_KEY_PREFIX + randomBase62(SECRET_LENGTH);
}

/** What may be shown of a key for ever: its last four characters. */
export function hintOf(secret: string): string {
  return `…${secret.slice(-4)}`;
}

export const apiKeySchema = z.object({
  label: z.string().trim().min(1, 'must not be empty').max(100),
  scopes: z
    .array(z.enum(SCOPES as [Scope, ...Scope[]]))
    .min(1, 'must name at least one scope')
    .transform((scopes) => [...new Set(scopes)]),
  expiresAt: z.date().nullish(),
});

export type NewApiKey = z.input<typeof apiKeySchema>;
