import { registerEnumType } from '@nestjs/graphql';
import { VERDICTS } from './uses.js';
import type { Verdict } from './uses.js';

/** The verdicts as GraphQL knows them. */
export const VerdictEnum = Object.fromEntries(VERDICTS.map((verdict) => [verdict, verdict])) as { [V in Verdict]: V };

registerEnumType(VerdictEnum, {
  name: 'Verdict',
  description: 'Whether terms permit a use. Only the first two open a gate.',
});
