import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/** Suites that start whole programs take minutes, those of a unit milliseconds; a short file may well be a long suite. */
const RINGS = ['/test/e2e/', '/test/integration/', '/test/conformance/'];

/**
 * The order in which suites start where nobody knows yet how long they take: from the outer ring to the inner one, so that
 * the last to end are short and no worker waits for the other. Jest's own order goes by the size of the file.
 */
export default class RingsOutsideIn extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    if (sorted.some(({ duration }) => duration !== undefined)) return sorted;
    return sorted.toSorted((a, b) => ringOf(a) - ringOf(b));
  }
}

function ringOf({ path }) {
  const ring = RINGS.findIndex((folder) => path.replaceAll('\\', '/').includes(folder));
  return ring < 0 ? RINGS.length : ring;
}
