import { registerEnumType } from '@nestjs/graphql';

export const GradeEnum = { A: 'A', B: 'B', C: 'C', U: 'U' } as const;
registerEnumType(GradeEnum, {
  name: 'Grade',
  description: 'A all L3 checks pass, B L2, C L1, U not rated. Computed, never typed in.',
});
