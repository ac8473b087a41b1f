import { z } from 'zod';
import { isTerm } from '../vocabulary/vocabulary.js';

const term = (kind: string) =>
  z
    .string()
    .refine((code) => isTerm(kind, code), { error: (issue) => `"${String(issue.input)}" is not a term of ${kind}` });
const terms = (kind: string) => z.array(term(kind)).max(50).optional();
const line = z.string().trim().min(1).max(500);

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
        urdf: line.optional(),
        firmware: line.optional(),
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
      })
      .optional(),
    units: z.record(z.string().max(200), line).optional(),
    frames: z.record(z.string().max(200), line).optional(),
    collectionMethod: term('collection_method').optional(),
    reality: z.enum(['real_robot', 'human', 'simulated', 'mixed']).optional(),
    site: line.nullish(),
    personalData: z.enum(['none', 'anonymised', 'present_with_consent']).optional(),
    consentScope: z.array(z.enum(['research', 'commercial', 'redistribution', 'derived_model'])).optional(),
    premisesConsent: z.enum(['obtained', 'not_needed', 'missing']).optional(),
    titleRight: z.enum(['hold', 'process_use', 'operate']).optional(),
    license: line.optional(),
    attribution: line.optional(),
    contact: line.optional(),
  })
  .strict();

export type DeclaredFacts = z.infer<typeof declaredSchema>;
