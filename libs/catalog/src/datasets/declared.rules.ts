import { CURRENCIES } from '@app/kernel';
import { z } from 'zod';
import { vocabularyOf } from '../vocabulary/vocabulary.js';
import { named, oneOf, shallow } from './declared-shapes.js';

/** A code of the vocabulary; deprecated ones stay readable. */
const term = (kind: string) =>
  z.enum(vocabularyOf(kind)?.terms.map(({ code }) => code) ?? [], {
    error: (issue) => `"${String(issue.input).slice(0, 100)}" is not a term of ${kind}`,
  });
const terms = (kind: string) => z.array(term(kind)).max(50).optional();
const text = (max: number) => z.string().trim().min(1).max(max).regex(/\S/, 'must not be blank');
const line = text(500);
const note = text(2_000);
const name = z.string().min(1).max(200);
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be a SHA-256: 64 lower-case hexadecimal digits');
const day = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/, 'must be a day: YYYY-MM-DD');
const count = z.number().int().min(0);
/** Both languages, or one. */
const bilingual = z.object({ zh: note.nullish(), en: note.nullish() }).strict();
/** JSON of the provider's own shape, kept as it is said. */
const free = shallow(named(z.unknown()));

const consentScope = z.array(term('consent_scope')).max(10);
const calibration = oneOf(line, free).nullish();

const outcome = z
  .object({
    episode: count,
    outcome: z.enum(['success', 'failure', 'partial', 'aborted']),
    failureMode: term('failure_mode').nullish(),
    recoverable: z.boolean().nullish(),
    attempts: z.number().int().min(1).max(1_000).optional(),
  })
  .strict();

const subtasks = z.array(
  z
    .object({
      episode: count,
      /** In frames, half-open; `to` null means to the end. */
      segments: z
        .array(
          z.object({ from: count, to: count.nullable(), text: line, skill: term('atomic_skill').optional() }).strict(),
        )
        .min(1)
        .max(1_000),
    })
    .strict(),
);

const contributor = z
  .object({
    pseudonym: line,
    role: line.optional(),
    /** Of the signed record of consent, which stays with the provider. */
    consentHash: sha256.nullish(),
    scope: consentScope.optional(),
    /** Numbers of the first and the last episode of each span, counted from 0; left out: unknown, so all. */
    episodes: z
      .array(
        z.tuple([count, count]).refine(([first, last]) => first <= last, 'must give the first episode, then the last'),
      )
      .max(100_000)
      .optional(),
  })
  .strict();

const rights = z
  .object({
    terms: line.nullish(),
    titleRight: z.enum(['hold', 'process_use', 'operate']).optional(),
    rightsHolder: line.optional(),
    statement: oneOf(note, bilingual).optional(),
    usageScope: z.array(term('use')).max(20).optional(),
    redistribution: z.enum(['none', 'internal_affiliates', 'allowed']).optional(),
    derivedModelRights: z.enum(['unrestricted', 'noncommercial', 'share_alike', 'negotiated']).optional(),
    territory: line.optional(),
    termMonths: z.union([z.number().int().min(1).max(1_200), z.literal('unlimited')]).optional(),
    price: z
      .object({
        amountMinor: count,
        currency: z.enum(CURRENCIES),
        per: z.enum(['dataset', 'hour', 'episode']),
      })
      .nullish(),
  })
  .strict();

const robot = z
  .object({
    embodimentClass: term('embodiment_class').optional(),
    maker: line.optional(),
    model: line.optional(),
    dof: z.number().int().min(0).max(200).optional(),
    /** One for each arm. */
    endEffectors: terms('end_effector'),
    /** A file of the version, an address, or a SHA-256. */
    urdf: line.nullish(),
    modelFile: line.nullish(),
    firmwareVersion: line.nullish(),
    /** Lowest and highest value by joint, in the unit of the state. */
    jointLimits: named(z.tuple([z.number(), z.number()])).optional(),
    /** Highest speed by joint, in the unit of the state per second. */
    velocityLimits: named(z.number().positive()).optional(),
  })
  .strict();

const action = z
  .object({
    controlMode: term('control_mode').optional(),
    unit: line.optional(),
    names: z.array(z.string().max(200)).max(500).optional(),
    frame: line.optional(),
    reference: z.enum(['absolute', 'relative_previous', 'relative_initial']).optional(),
    source: z.enum(['commanded', 'executed']).optional(),
    handedness: z.enum(['left', 'right', 'left_then_right', 'right_then_left']).optional(),
    gripper: free.optional(),
  })
  .strict();

const shape = {
  taskFamilies: terms('task_family'),
  skills: terms('atomic_skill'),
  scenes: terms('scene'),
  robot: robot.optional(),
  action: action.optional(),
  units: named(line).optional(),
  frames: named(line).optional(),
  frameNotes: named(note).optional(),
  clock: note.optional(),
  /** Where the format does not say it. */
  frameRateHz: z.number().positive().max(100_000).optional(),
  /** What the streams are, where their names do not tell. */
  modalities: terms('modality'),
  frameDrops: z.array(z.object({ episode: count, frames: z.number().int().min(1), reason: line }).strict()).optional(),
  cameras: shallow(named(z.looseObject({ intrinsics: calibration, extrinsics: calibration }))).optional(),
  sensorZeroing: z.object({ method: note, date: day.optional() }).strict().optional(),
  instructions: z.array(oneOf(note, bilingual)).optional(),
  successCriteria: oneOf(note, named(note)).optional(),
  objects: z.array(line).max(1_000).optional(),
  outcomes: z.array(outcome).optional(),
  subtasks: oneOf(z.literal('atomic'), subtasks).optional(),
  /** Why joints leave their limits or jump, and why it is no fault. */
  motionExplained: z.object({ limits: note.optional(), jumps: note.optional() }).strict().optional(),
  simulation: free.optional(),
  collectionMethod: term('collection_method').optional(),
  reality: z.enum(['real_robot', 'human', 'simulated', 'mixed']).optional(),
  site: line.nullish(),
  siteReason: note.optional(),
  operators: oneOf(note, z.array(line).max(1_000)).optional(),
  sessions: z
    .array(
      z
        .object({
          id: name,
          operator: line.optional(),
          startedAt: line.optional(),
          episodes: z.tuple([count, count]).optional(),
        })
        .strict(),
    )
    .max(100_000)
    .optional(),
  personalData: z.enum(['none', 'anonymised', 'present_with_consent']).optional(),
  consentScope: consentScope.optional(),
  contributors: z.array(contributor).max(10_000).optional(),
  premisesConsent: z.enum(['obtained', 'not_needed', 'missing']).optional(),
  /** Faces in the pictures, and children among the persons seen. */
  faces: z.enum(['none', 'blurred', 'visible', 'unknown']).optional(),
  minors: z.enum(['none', 'under_14', 'under_18', 'unknown']).optional(),
  guardianConsent: z.enum(['obtained', 'missing']).optional(),
  /** The country whose law personal data leaves, and the route on file. */
  export: z
    .object({
      origin: z.string().regex(/^[A-Z]{2}$/, 'must be a country code (ISO 3166-1 alpha-2)'),
      route: z.enum(['not_needed', 'standard_contract', 'certification', 'assessment', 'none']),
    })
    .strict()
    .optional(),
  titleRight: z.enum(['hold', 'process_use', 'operate']).optional(),
  titleCertificate: z.object({ number: line, issuer: line, expires: day.nullish() }).strict().optional(),
  /** Where the data comes from, in six links. */
  provenance: z
    .object({
      source: note.optional(),
      rig: note.optional(),
      operator: note.optional(),
      consent: note.optional(),
      redistribution: note.optional(),
      derivedModels: note.optional(),
    })
    .strict()
    .optional(),
  license: oneOf(line, rights).optional(),
  attribution: line.optional(),
  contact: line.optional(),
  /** Anything else that a buyer should know. */
  other: free.optional(),
};

/**
 * What only a person knows about a dataset, as stated by its provider. Every field is optional: what is left out is
 * *not checked*, never assumed.
 */
export const declaredSchema = z.object(shape).strict();

const words = (max: number) =>
  oneOf(text(max), z.object({ zh: text(max).nullish(), en: text(max).nullish() }).strict());

/** `dataset.yaml` as a whole: the words of the page, and the declared facts. */
export const datasetYamlSchema = z.object({ title: words(200), summary: words(5_000).optional(), ...shape }).strict();

export type DeclaredFacts = z.infer<typeof declaredSchema>;
