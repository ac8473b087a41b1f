import { z } from 'zod';
import { DUTIES } from './duties.js';
import type { Duty } from './duties.js';
import { USES } from './uses.js';
import type { Use } from './uses.js';

const grid = z.partialRecord(
  z.enum(USES),
  z.strictObject({
    isGranted: z.boolean(),
    duties: z.array(z.enum(DUTIES as readonly [Duty, ...Duty[]])).optional(),
    /** The clause of the licence that says so, word for word. */
    quote: z.string().trim().min(3).max(2_000),
  }),
);

/**
 * What only the rightsholder can decide where a licence leaves a use open: a separate permission, frozen with the terms.
 * It may add rights to a public licence and never removes one that the licence gave.
 */
export const declarationsSchema = z.strictObject({
  weights_policy: z.enum(['free', 'same_licence', 'noncommercial', 'not_released']).optional(),
  outputs_policy: z.enum(['free', 'attribution', 'noncommercial']).optional(),
  nc_reading: z.array(z.enum(['commercial_evaluation', 'industry_research', 'promotional_figures'])).optional(),
  /** Only licences without conditions: any other needs both to be judged, as a mixture. */
  contents_licence: z.enum(['DbCL-1.0', 'CC0-1.0', 'PDDL-1.0']).optional(),
  mdl_grid: grid.optional(),
  custom_map: grid.optional(),
});

export type Declarations = z.infer<typeof declarationsSchema>;
export type DeclarationName = keyof Declarations;

/** Groups of licences that a declaration speaks to. */
const SHARE_ALIKE = ['CC-BY-SA-4.0', 'ODbL-1.0 AND DbCL-1.0'];
const NO_DERIVATIVES = ['CC-BY-ND-4.0'];
const NONCOMMERCIAL = ['CC-BY-NC-4.0', 'CC-BY-NC-SA-4.0', 'CC-BY-NC-ND-4.0'];

/** One cell that a declared value fills: licence × use → cell of the table. */
export interface DeclaredEffect {
  readonly declaration: 'weights_policy' | 'outputs_policy' | 'nc_reading';
  readonly value: string;
  readonly licences: readonly string[];
  readonly use: Use;
  readonly cell: string;
}

const effects = (
  declaration: DeclaredEffect['declaration'],
  use: Use,
  licences: readonly string[],
  cells: Readonly<Record<string, string>>,
): DeclaredEffect[] => Object.entries(cells).map(([value, cell]) => ({ declaration, value, licences, use, cell }));

const WEIGHTS = { free: 'A', same_licence: 'D sa', noncommercial: 'D nc', not_released: 'F' };

/** What each declaration turns an undecided cell into. Products stay forbidden under NonCommercial, whatever is declared. */
export const DECLARED_EFFECTS: readonly DeclaredEffect[] = [
  ...effects('weights_policy', 'release_weights_open', [...SHARE_ALIKE, ...NO_DERIVATIVES, ...NONCOMMERCIAL], WEIGHTS),
  ...effects('weights_policy', 'embed_in_product', [...SHARE_ALIKE, ...NO_DERIVATIVES], WEIGHTS),
  ...effects('outputs_policy', 'commercialise_model_output', [...SHARE_ALIKE, ...NO_DERIVATIVES], {
    free: 'A',
    attribution: 'D at',
    noncommercial: 'F',
  }),
  ...effects('nc_reading', 'evaluate', NONCOMMERCIAL, { commercial_evaluation: 'D nc' }),
  ...effects('nc_reading', 'research_training', NONCOMMERCIAL, { industry_research: 'D nc' }),
  ...effects('nc_reading', 'benchmark_publication', NONCOMMERCIAL, { promotional_figures: 'D at' }),
];
