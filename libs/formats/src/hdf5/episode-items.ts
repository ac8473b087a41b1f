import type { EpisodeItem } from '../dataset-source.js';
import type { FindingLog } from '../findings.js';
import type { Field } from './demo-fields.js';
import { report } from './hdf5-file.js';
import { picturesOf } from './pictures.js';

/**
 * The rows and pictures of one episode, array by array. An array that cannot be read becomes a finding, and the others
 * follow. `times` places rows on a clock of their own.
 */
export function* itemsOf(
  fields: readonly Field[],
  times: Float64Array | null,
  log: FindingLog,
  place: { readonly path: string; readonly episode: number },
): Generator<EpisodeItem> {
  for (const field of fields) {
    try {
      if (field.kind === 'signal') {
        for (const [from, to] of field.dataset.blocks())
          yield {
            kind: 'rows',
            key: field.key,
            rows: to - from,
            values: field.dataset.numbers(from, to),
            timesS: times ? times.slice(from, to) : null,
          };
      } else {
        yield* picturesOf(field.key, field.dataset, field.layout, (row, what) =>
          log.add(
            what === 'empty' ? 'EMPTY_IMAGE' : 'IMAGE_INVALID',
            what === 'empty'
              ? 'a picture has no bytes: record the episode again'
              : 'a picture is neither JPEG nor PNG: record the episode again',
            { ...place, camera: field.spec.name, row },
          ),
        );
      }
    } catch (error) {
      report(error, log, place.path, place.episode);
    }
  }
}
