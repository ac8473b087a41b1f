import type { FindingLog, FindingPlace } from '../findings.js';
import type { TaskSpan } from '../episode-model.js';
import type { Example } from './example.js';
import { byteStrings } from './example.js';
import type { Leaf } from './features.js';
import { textOf } from './step-flags.js';

const MAX_SPANS = 10_000;
const MAX_TEXT_BYTES = 4096;

/** The text that says what to do: per step, else of the episode. Open X-Embodiment has three names for it. */
export function instructionLeaf(leaves: readonly Leaf[]): Leaf | null {
  const texts = leaves.filter((leaf) => leaf.kind === 'text' && leaf.shape.length === 0);
  for (const pattern of [/\/language_instruction$/, /\/natural_language_instruction$/, /instruction$/, /\/task$/]) {
    const leaf = texts.find(({ path }) => pattern.test(path));
    if (leaf) return leaf;
  }
  return null;
}

/** Spans of equal text over the steps; empty text is none. */
export function taskSpans(
  record: Uint8Array,
  example: Example,
  leaves: { step: Leaf | null; episode: Leaf | null },
  log: FindingLog,
  place: FindingPlace,
): TaskSpan[] {
  const spans = leaves.step ? stepSpans(record, example, leaves.step, log, place) : [];
  if (spans.length > 0 || !leaves.episode) return spans;
  const text = textOf(record, example, leaves.episode.path)?.slice(0, MAX_TEXT_BYTES).trim();
  return text ? [{ text, from: 0, to: null }] : [];
}

function stepSpans(record: Uint8Array, example: Example, leaf: Leaf, log: FindingLog, place: FindingPlace): TaskSpan[] {
  const list = example.get(leaf.path);
  if (list?.kind !== 'bytes') return [];
  const spans: TaskSpan[] = [];
  let before: Uint8Array | null = null;
  let open: TaskSpan | null = null;
  let step = 0;
  for (const bytes of byteStrings(record, list)) {
    if (!before || Buffer.compare(before, bytes) !== 0) {
      if (open) open.to = step;
      open = null;
      const text = new TextDecoder().decode(bytes.subarray(0, MAX_TEXT_BYTES)).trim();
      if (text !== '') {
        if (spans.length >= MAX_SPANS) {
          log.add('TOO_LARGE', `the instruction changes more than ${MAX_SPANS} times in one episode`, place);
          return spans;
        }
        open = { text, from: step, to: null };
        spans.push(open);
      }
      before = bytes;
    }
    step += 1;
  }
  return spans;
}
