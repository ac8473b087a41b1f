/** What a buyer may want to do with the data: the closed vocabulary, version 1. */
export const USES = [
  'evaluate',
  'research_training',
  'commercial_training',
  'fine_tune',
  'release_weights_open',
  'commercialise_model_output',
  'embed_in_product',
  'redistribute_data',
  'redistribute_derivative_data',
  'internal_copy',
  'share_with_affiliate',
  'benchmark_publication',
] as const;

/** Code of a use. */
export type Use = (typeof USES)[number];

/** Whether a text is a code of the vocabulary; anything else is undecided, never allowed. */
export function isUse(text: string): text is Use {
  return (USES as readonly string[]).includes(text);
}

/** What the terms say of one use. Only the first two pass a gate. */
export const VERDICTS = ['ALLOWED', 'ALLOWED_WITH_DUTIES', 'UNDECIDED', 'FORBIDDEN'] as const;

/** One of the four answers. */
export type Verdict = (typeof VERDICTS)[number];

/** Whether a verdict opens a gate. */
export function isPermitted(verdict: Verdict): boolean {
  return verdict === 'ALLOWED' || verdict === 'ALLOWED_WITH_DUTIES';
}
