import type { Known } from '../dataset-source.js';

const MAX_NOTES = 1000;
const MAX_NOTE_CHARS = 1000;

const ROBOT = ['robot_type', 'robot', 'robot_name', 'robot_model', 'embodiment'];
const TASK = ['task', 'instruction', 'task_description', 'language_instruction', 'prompt', 'task_name'];
const OPERATOR = ['operator', 'operator_name', 'operator_id', 'teleoperator'];
const SCENE = ['scene', 'scene_name', 'location', 'environment', 'site'];
const METHOD = ['collection_method'];
const REALITY = ['reality'];
const OUTCOME = ['success', 'is_success', 'outcome', 'result'];

const SUCCEEDED = /^(true|1|yes|success|succeeded|successful)$/i;
const FAILED = /^(false|0|no|failure|failed|fail)$/i;

/** Free notes of a recording: MCAP metadata records, a bag's custom data. The last part of a name decides: `session.robot`. */
export class RecordingNotes {
  private readonly notes = new Map<string, string>();

  add(name: string, value: string): void {
    const key =
      name
        .toLowerCase()
        .replace(/[\s-]+/g, '_')
        .split(/[./:]/)
        .at(-1) ?? '';
    const text = value.trim().slice(0, MAX_NOTE_CHARS);
    if (text !== '' && !this.notes.has(key) && this.notes.size < MAX_NOTES) this.notes.set(key, text);
  }

  addAll(notes: Iterable<readonly [string, string]>): void {
    for (const [name, value] of notes) this.add(name, value);
  }

  get all(): ReadonlyMap<string, string> {
    return this.notes;
  }
}

export const robotOf = (notes: ReadonlyMap<string, string>): string | null => first(notes, ROBOT);
export const taskOf = (notes: ReadonlyMap<string, string>): string | null => first(notes, TASK);
export const operatorOf = (notes: ReadonlyMap<string, string>): string | null => first(notes, OPERATOR);
export const sceneOf = (notes: ReadonlyMap<string, string>): string | null => first(notes, SCENE);
export const methodOf = (notes: ReadonlyMap<string, string>): string | null => code(first(notes, METHOD));
export const realityOf = (notes: ReadonlyMap<string, string>): string | null => code(first(notes, REALITY));

/** Only what somebody wrote down; a note that is neither yes nor no says nothing. */
export function outcomeOf(notes: ReadonlyMap<string, string>): 'success' | 'failure' | null {
  const note = first(notes, OUTCOME);
  if (note === null) return null;
  return SUCCEEDED.test(note) ? 'success' : FAILED.test(note) ? 'failure' : null;
}

/** A fact of the set from the notes of its recordings: the value that they agree on. */
export function agreed(values: ReadonlySet<string>, what: string): Known<string> {
  const [value] = values;
  if (value === undefined) return { value: null, reason: `the recordings hold no note of the ${what}` };
  return values.size === 1 ? { value } : { value: null, reason: `the recordings disagree on the ${what}` };
}

function first(notes: ReadonlyMap<string, string>, names: readonly string[]): string | null {
  for (const name of names) {
    const note = notes.get(name);
    if (note !== undefined) return note;
  }
  return null;
}

/** Vocabulary codes are lower case words with underscores. */
const code = (note: string | null): string | null => note?.toLowerCase().replace(/[\s-]+/g, '_') ?? null;
