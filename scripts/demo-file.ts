import { z } from 'zod';

/** `.bodega/demo.json`: how to sign in to the demo market. */
export const demoSchema = z.object({
  url: z.string(),
  graphqlUrl: z.string(),
  accounts: z.array(
    z.object({
      role: z.enum(['buyer', 'provider', 'admin']),
      organization: z.string(),
      email: z.string(),
      password: z.string(),
      apiKey: z.string(),
    }),
  ),
});

export type DemoFile = z.infer<typeof demoSchema>;
export type DemoAccount = DemoFile['accounts'][number];
