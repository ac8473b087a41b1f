import { Dataset, DatasetVersions } from '@app/client';
import { parseSlug } from '../arguments/dataset-selector.js';
import type { Invocation } from '../invocation.js';
import { formatBytes, formatCount, formatDuration } from '../terminal/units.js';
import { formatLeastPrice } from './search.js';

export async function show(invocation: Invocation, name: string): Promise<void> {
  const slug = parseSlug(name);
  const client = await invocation.client();
  const { dataset } = await client.run(Dataset, { slug }, invocation.signal);
  const { nodes: versions } = (await client.run(DatasetVersions, { slug }, invocation.signal)).dataset.versions;
  const shown = versions.map(({ label, status, commitId, grade, sizeBytes, filesCount }) => ({
    label,
    status: status.toLowerCase(),
    commit: commitId,
    grade,
    bytes: sizeBytes,
    files: filesCount,
  }));
  invocation.result({ ...dataset, status: dataset.status.toLowerCase(), versions: shown }, () => {
    const facts: [string, string][] = [
      ['status', dataset.status.toLowerCase()],
      ['grade', dataset.grade],
      [
        'episodes',
        `${formatCount(dataset.episodes ?? 0)} in ${formatDuration(dataset.durationS ?? 0)}, ${formatBytes(dataset.sizeBytes ?? 0)}`,
      ],
      ['rate', dataset.fps === null ? '–' : `${dataset.fps} fps`],
      ['format', dataset.formats.join(', ')],
      ['robots', dataset.robots.join(', ')],
      ['tasks', dataset.taskFamilies.join(', ')],
      ['modalities', dataset.modalities.join(', ')],
      ['usable for', dataset.usableFor.join(', ')],
      ['from', formatLeastPrice(dataset)],
    ];
    const rows = shown.map((v) => [v.label, v.status, v.grade ?? '', v.commit ?? '–', formatBytes(v.bytes ?? 0)]);
    return [
      `${dataset.slug}  ${invocation.words(dataset.title)}`,
      invocation.words(dataset.summary),
      ...facts.filter(([, value]) => value !== '').map(([name, value]) => `${name.padEnd(12)}${value}`),
      ...(rows.length > 0 ? ['', invocation.table(['VERSION', 'STATUS', 'GRADE', 'COMMIT', 'SIZE'], rows)] : []),
    ]
      .filter((line, i) => i !== 1 || line !== '')
      .join('\n');
  });
}
