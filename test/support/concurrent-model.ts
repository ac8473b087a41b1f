/** What a model says to one message: the state after it, and what its sender is told. */
export interface Reaction<S> {
  readonly state: S;
  readonly outcome: string;
}

/**
 * Messages were sent at the same moment and answered so: the state after some order of them, one by one, in which the model
 * gives exactly these answers; null when there is none, and then the answers are no history of the model at all.
 */
export function explain<S, M>(
  state: S,
  messages: readonly M[],
  outcomes: readonly string[],
  react: (state: S, message: M) => Reaction<S>,
): S | null {
  if (messages.length === 0) return state;
  for (const [i, message] of messages.entries()) {
    const reaction = react(state, message);
    if (reaction.outcome !== outcomes[i]) continue;
    const others = (_: unknown, j: number): boolean => j !== i;
    const after = explain(reaction.state, messages.filter(others), outcomes.filter(others), react);
    if (after !== null) return after;
  }
  return null;
}
