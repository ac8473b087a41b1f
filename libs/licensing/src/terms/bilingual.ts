import { z } from 'zod';

export const bilingualSchema = z.strictObject({ zh: z.string().min(1), en: z.string().min(1) });

/** A sentence in the two languages of the market. */
export type Bilingual = z.infer<typeof bilingualSchema>;
