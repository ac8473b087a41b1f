import type { FindingLog } from '../findings.js';
import type { Field } from './demo-fields.js';
import { arrayAt, isSignal } from './demo-fields.js';
import type { Hdf5File } from './hdf5-file.js';
import { knownSignal } from './known-signals.js';
import { pictureLayout, probeCoded } from './pictures.js';
import type { RobomimicFacts } from './robomimic-facts.js';

/** Names of the demonstrations, by their number: the order of names would put demo_10 before demo_2. */
export function demoNames(file: Hdf5File): string[] {
  const numbered = file
    .members('/data')
    .map((name) => ({ name, number: /^demo_(\d{1,9})$/.exec(name)?.[1] }))
    .filter((entry): entry is { name: string; number: string } => entry.number !== undefined);
  return numbered.sort((a, b) => Number(a.number) - Number(b.number)).map((entry) => entry.name);
}

/** The arrays of one demonstration: those beside the observations, then the observations. `next_obs` repeats them. */
export function fieldsOf(
  file: Hdf5File,
  demo: string,
  facts: RobomimicFacts,
  log: FindingLog,
  place: string,
): Map<string, Field> {
  const root = `/data/${demo}`;
  const keys = file.members(root).filter((key) => key !== 'obs' && key !== 'next_obs');
  const observations = file.isGroup(`${root}/obs`) ? file.members(`${root}/obs`) : [];
  const fields = new Map<string, Field>();
  for (const key of [...keys, ...observations.map((name) => `obs/${name}`)]) {
    const dataset = arrayAt(file, `${root}/${key}`, log, place);
    if (!dataset) continue;
    const found = pictureLayout(key, dataset);
    if (found) {
      const layout = probeCoded(found, dataset);
      const isMetres = layout.encoding === 'depth32f' && facts.flavour === 'robomimic';
      fields.set(key, {
        kind: 'camera',
        key,
        dataset,
        layout,
        spec: {
          key,
          name: key.replace(/^obs\//, '').replace(/_(image|rgb)$/, ''),
          kind: layout.kind,
          carrier: 'images',
          width: layout.width,
          height: layout.height,
          nominalRateHz: hertz(facts),
          clock: 'frames',
          declaredCodec: null,
          ...(isMetres ? { depthUnit: 'm' as const } : {}),
          ...(facts.isFlipped ? { isFlipped: true } : {}),
        },
      });
    } else if (isSignal(dataset, log, place)) {
      const isRaw = facts.flavour === 'robosuite-raw';
      const known = knownSignal(key, dataset.width, isRaw);
      fields.set(key, {
        kind: 'signal',
        key,
        dataset,
        spec: {
          key,
          role: known.role,
          dtype: dataset.dtype ?? '',
          shape: dataset.rowShape,
          names: known.names,
          unit: known.unit,
          clock: isRaw ? 'own' : 'frames',
          nominalRateHz: hertz(facts),
        },
      });
    }
  }
  return fields;
}

function hertz(facts: RobomimicFacts): number | null {
  return facts.fps.value ? facts.fps.value.num / facts.fps.value.den : null;
}
