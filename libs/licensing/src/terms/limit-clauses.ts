/** Ids of the clauses that tell the limits of terms of version 2. */
export const FIELD_CLAUSE = 'field-of-use';
export const TERRITORY_CLAUSE = 'territory';
