/** The numbers of a listing that a change of version may move. */
const FACTS = ['episodes', 'frames', 'durationS', 'sizeBytes', 'filesCount'] as const;

type Facts = Readonly<Record<(typeof FACTS)[number], number>>;

export interface FactChange {
  readonly fact: string;
  readonly before: number | null;
  readonly after: number | null;
}

/** Measured numbers that differ between two versions. */
export function factChanges(before: Facts, after: Facts): FactChange[] {
  return FACTS.filter((fact) => before[fact] !== after[fact]).map((fact) => ({
    fact,
    before: before[fact],
    after: after[fact],
  }));
}
