/** What a model says to one message: the state after it, and what its sender is told. */
export interface Reaction<S> {
  readonly state: S;
  readonly outcome: string;
}

/**
 * Messages were sent at the same moment and answered so: every state that some order of them, one by one, leads to in which
 * the model gives exactly these answers. More than one where the answers leave open which came first.
 * @throws when there is none: then the answers are no history of the model
 */
export function explain<S, M>(
  states: readonly S[],
  messages: readonly M[],
  outcomes: readonly string[],
  react: (state: S, message: M) => Reaction<S>,
): S[] {
  const found = new Map<string, S>();
  const go = (state: S, left: readonly number[]): void => {
    if (left.length === 0) found.set(JSON.stringify(state), state);
    for (const i of left) {
      const message = messages[i];
      if (message === undefined) continue;
      const reaction = react(state, message);
      if (reaction.outcome === outcomes[i])
        go(
          reaction.state,
          left.filter((j) => j !== i),
        );
    }
  };
  for (const state of states) go(state, [...messages.keys()]);
  if (found.size > 0) return [...found.values()];
  const told = messages.map((message, i) => `${JSON.stringify(message)} → ${outcomes[i]}`).join('\n');
  throw new Error(`No order of these messages explains the answers:\n${told}\non ${JSON.stringify(states)}`);
}

/** Those of the states that the check holds for. @throws what the check says of the last one, when it holds for none */
export async function whichHold<S>(states: readonly S[], check: (state: S) => Promise<void>): Promise<S[]> {
  const held: S[] = [];
  let failure: unknown = new Error('There is no state to check.');
  for (const state of states) {
    try {
      await check(state);
      held.push(state);
    } catch (error) {
      failure = error;
    }
  }
  if (held.length === 0) throw failure;
  return held;
}
