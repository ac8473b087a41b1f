import { CURRENCIES } from '@app/kernel';
import { z } from 'zod';
import { isTerm } from '../vocabulary/vocabulary.js';

const term = (kind: string) =>
  z
    .string()
    .refine((code) => isTerm(kind, code), { error: (issue) => `"${String(issue.input)}" is not a term of ${kind}` });
const terms = (kind: string) => z.array(term(kind)).max(50).optional();
const line = z.string().trim().min(1).max(500);
const note = z.string().trim().min(1).max(2_000);
const named = <T extends z.ZodType>(value: T) => z.record(z.string().max(200), value);
/** JSON of the provider's own shape, kept as it is said. */
const free = named(z.unknown());
const outcome = z.object({
  episode: z.number().int().min(0),
  outcome: z.enum(['success', 'failure', 'partial', 'aborted']),
  failureMode: line.nullish(),
  recoverable: z.boolean().nullish(),
});
const rights = z
  .object({
    terms: line.nullish(),
    titleRight: z.enum(['hold', 'process_use', 'operate']).optional(),
    rightsHolder: line.optional(),
    statement: z.union([note, z.object({ zh: note.nullish(), en: note.nullish() }).strict()]).optional(),
    price: z
      .object({
        amountMinor: z.number().int().min(0),
        currency: z.enum(CURRENCIES),
        per: z.enum(['dataset', 'hour', 'episode']),
      })
      .nullish(),
  })
  .strict();

/**
 * What only a person knows about a dataset, as stated by its provider. Every field is optional: what is left out is
 * *not checked*, never assumed.
 */
export const declaredSchema = z
  .object({
    taskFamilies: terms('task_family'),
    skills: terms('atomic_skill'),
    scenes: terms('scene'),
    robot: z
      .object({
        embodimentClass: term('embodiment_class').optional(),
        maker: line.optional(),
        model: line.optional(),
        dof: z.number().int().min(0).max(200).optional(),
        endEffectors: terms('end_effector'),
        urdf: line.nullish(),
        modelFile: line.nullish(),
        firmwareVersion: line.nullish(),
        jointLimits: named(z.tuple([z.number(), z.number()])).optional(),
      })
      .optional(),
    action: z
      .object({
        controlMode: term('control_mode').optional(),
        unit: line.optional(),
        names: z.array(z.string().max(200)).max(500).optional(),
        frame: line.optional(),
        reference: z.enum(['absolute', 'relative_previous', 'relative_initial']).optional(),
        source: z.enum(['commanded', 'executed']).optional(),
        gripper: free.optional(),
      })
      .strict()
      .optional(),
    units: named(line).optional(),
    frames: named(line).optional(),
    frameNotes: named(note).optional(),
    clock: note.optional(),
    cameras: named(free).optional(),
    instructions: z.array(z.union([note, z.object({ zh: note.nullish(), en: note.nullish() }).strict()])).optional(),
    outcomes: z.array(outcome).optional(),
    simulation: free.optional(),
    collectionMethod: term('collection_method').optional(),
    reality: z.enum(['real_robot', 'human', 'simulated', 'mixed']).optional(),
    site: line.nullish(),
    siteReason: note.optional(),
    operators: note.optional(),
    personalData: z.enum(['none', 'anonymised', 'present_with_consent']).optional(),
    consentScope: z.array(z.enum(['research', 'commercial', 'redistribution', 'derived_model'])).optional(),
    premisesConsent: z.enum(['obtained', 'not_needed', 'missing']).optional(),
    titleRight: z.enum(['hold', 'process_use', 'operate']).optional(),
    license: z.union([line, rights]).optional(),
    attribution: line.optional(),
    contact: line.optional(),
    /** Anything else that a buyer should know. */
    other: free.optional(),
  })
  .strict();

export type DeclaredFacts = z.infer<typeof declaredSchema>;
