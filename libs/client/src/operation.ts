/**
 * A GraphQL operation with the types of its variables and its answer.
 * `repeatable` says whether sending it twice does no harm: then it is sent again after a fault that may have hit half-way.
 */
export interface Operation<Variables, Result> {
  readonly name: string;
  readonly text: string;
  readonly repeatable: boolean;
  /** Carries the types; never has a value. */
  readonly types?: { readonly variables: Variables; readonly result: Result };
}

function declare<Variables, Result>(name: string, text: string, repeatable: boolean): Operation<Variables, Result> {
  return { name, text: text.replace(/\s+/g, ' ').trim(), repeatable };
}

/** An operation that reads, or whose second sending changes nothing more. */
export function repeatable<Variables, Result>(name: string, text: string): Operation<Variables, Result> {
  return declare(name, text, true);
}

/** An operation that must not run twice by accident. */
export function once<Variables, Result>(name: string, text: string): Operation<Variables, Result> {
  return declare(name, text, false);
}
