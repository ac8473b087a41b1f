import { z } from 'zod';

/** Deeper than any calibration or robot, and far from what a stack holds. */
const MAX_DEPTH = 20;
const MAX_VALUES = 20_000;

/** Values by name. */
export const named = <T extends z.ZodType>(value: T) => z.record(z.string().max(200), value);

/** The same, of bounded depth and size: what is kept as it is said must still be safe to write and show. */
export function shallow<T extends z.ZodType>(schema: T): T {
  return schema.refine((value) => isBounded(value), {
    error: `must not be nested deeper than ${MAX_DEPTH} or hold more than ${MAX_VALUES} values`,
  });
}

function isBounded(root: unknown): boolean {
  const open: { value: unknown; depth: number }[] = [{ value: root, depth: 0 }];
  let seen = 0;
  for (let next = open.pop(); next; next = open.pop()) {
    seen += 1;
    if (next.depth > MAX_DEPTH || seen > MAX_VALUES) return false;
    if (typeof next.value !== 'object' || next.value === null) continue;
    for (const value of Object.values(next.value)) open.push({ value, depth: next.depth + 1 });
  }
  return true;
}

/**
 * A plain value or a structure, told apart by what was given, so that a mistake inside the structure is reported at its
 * own place and not as "invalid input" of the whole.
 */
export function oneOf<P extends z.ZodType<string>, S extends z.ZodType>(plain: P, structure: S) {
  const either = z.unknown().transform((value, context): z.output<P> | z.output<S> => {
    const read = (typeof value === 'string' ? plain : structure).safeParse(value);
    if (read.success) return read.data as z.output<P> | z.output<S>;
    if (value === undefined) context.addIssue({ code: 'custom', message: 'is missing' });
    else for (const { path, message } of read.error.issues) context.addIssue({ code: 'custom', path, message });
    return z.NEVER;
  });
  return either.meta({ anyOf: [schemaOf(plain), schemaOf(structure)] });
}

function schemaOf(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' });
  return rest;
}
