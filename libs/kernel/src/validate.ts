import { KernelErrors } from './errors.js';

/** The part of a schema library's schema that we use (zod 4 fits). */
export interface Schema<T> {
  safeParse(
    value: unknown,
  ):
    | { success: true; data: T }
    | { success: false; error: { issues: readonly { path: readonly PropertyKey[]; message: string }[] } };
}

/** The value as the schema describes it. @throws REQUEST_INVALID naming every problem with its path */
export function validate<T>(schema: Schema<T>, value: unknown, root = 'input'): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw KernelErrors.INVALID({
    problems: result.error.issues.map((issue) => ({
      path: [root, ...issue.path.map(String)].join('.'),
      message: issue.message,
    })),
  });
}
