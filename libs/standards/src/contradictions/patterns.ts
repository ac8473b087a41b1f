/** How a contradiction counts: one that blocks fails the rule of the licence, one that warns is told. */
export type ContradictionSeverity = 'block' | 'warn';

/** What may be wrong between the texts about a licence, and what is to be done. Sentences take the strings as they stand. */
export const CONTRADICTIONS = {
  C1: { severity: 'block', sentence: 'The sources name different licences: pick one for the data and say so in each.' },
  C2: {
    severity: 'block',
    sentence: 'This is a copy of another’s set: show the upstream licence and that it permits the copy.',
  },
  C3: { severity: 'warn', sentence: 'Only a licence for software is named: say whether it covers the data.' },
  C4: {
    severity: 'block',
    sentence: 'A free licence stands beside an agreement that must be signed: say which governs the data.',
  },
  C5: {
    severity: 'block',
    sentence: 'A card names a licence that nothing else confirms: declare it, or add its text as LICENSE.',
  },
  C6: { severity: 'block', sentence: 'One licence is put on sets of many sources: give the licence of each part.' },
  C7: {
    severity: 'block',
    sentence: 'The parts keep their original licences under a permissive tag: list them part by part.',
  },
  C8: {
    severity: 'block',
    sentence:
      'A standard licence is narrowed by further limits: it is no longer that licence; give the text as your own terms.',
  },
  C9: {
    severity: 'block',
    sentence: 'The persons agreed to less than the licence gives: narrow the licence to their consent.',
  },
  C10: {
    severity: 'block',
    sentence: 'Kinds of files stand under different licences: give them as parts, not as one tag.',
  },
  C11: {
    severity: 'warn',
    sentence: 'A “community licence” holds a Creative Commons licence: name that one, and the further terms beside it.',
  },
  C12: {
    severity: 'warn',
    sentence:
      'The licence is another than that of an earlier version: what was granted stays granted for that version.',
  },
  C13: { severity: 'warn', sentence: 'The weights are offered more freely than the data they were trained on.' },
  C14: {
    severity: 'block',
    sentence:
      'The data is sold or exclusive, and a public licence stands on the same bytes: everyone has it for nothing.',
  },
  C15: {
    severity: 'block',
    sentence: 'A licence for models stands on data; it says itself that it does not cover the data.',
  },
  C16: {
    severity: 'block',
    sentence: 'The licence is named by a word or without its version: nothing is granted until the text is given.',
  },
  C17: {
    severity: 'block',
    sentence: 'ODbL covers the database and not the pictures in it: name the licence of the contents.',
  },
  C18: {
    severity: 'warn',
    sentence: 'The licence permits no derivatives, and the text speaks of changed copies: offer originals only.',
  },
  C19: {
    severity: 'warn',
    sentence: 'Only academics are invited under a non-commercial licence: say so in the terms.',
  },
  C20: {
    severity: 'warn',
    sentence: 'An opt-out from data mining stands beside an open licence: the licence already permits it.',
  },
} as const satisfies Record<string, { severity: ContradictionSeverity; sentence: string }>;

export type ContradictionPattern = keyof typeof CONTRADICTIONS;
