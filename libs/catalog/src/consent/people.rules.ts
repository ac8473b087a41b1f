import type { DeclaredFacts } from '../datasets/declared.rules.js';

/** Numbers in place of pseudonyms, the same for the same person within one declaration. */
class Numbers {
  private readonly given = new Map<string, string>();

  of(pseudonym: string): string {
    const number = this.given.get(pseudonym) ?? `#${this.given.size + 1}`;
    this.given.set(pseudonym, number);
    return number;
  }
}

/** What was declared, as others than its provider may read it: persons are numbers. */
export function withoutPseudonyms(declared: DeclaredFacts, numbers = new Numbers()): DeclaredFacts {
  const { contributors, sessions, operators } = declared;
  return {
    ...declared,
    ...(contributors && {
      contributors: contributors.map((one) => ({ ...one, pseudonym: numbers.of(one.pseudonym) })),
    }),
    ...(sessions && {
      sessions: sessions.map((one) =>
        one.operator === undefined ? one : { ...one, operator: numbers.of(one.operator) },
      ),
    }),
    ...(Array.isArray(operators) && { operators: operators.map((name) => numbers.of(name)) }),
  };
}

interface Facts {
  readonly declared?: DeclaredFacts;
  readonly measured?: { readonly coverage?: { readonly operators?: readonly { readonly name: string }[] } };
}

/** The facts of a version as others than its provider may read them. */
export function factsWithoutPseudonyms(facts: Record<string, unknown>): Record<string, unknown> {
  const { declared, measured } = facts as Facts;
  const numbers = new Numbers();
  const operators = measured?.coverage?.operators;
  return {
    ...facts,
    ...(declared && { declared: withoutPseudonyms(declared, numbers) }),
    ...(operators && {
      measured: {
        ...measured,
        coverage: {
          ...measured.coverage,
          operators: operators.map((one) => ({ ...one, name: numbers.of(one.name) })),
        },
      },
    }),
  };
}
