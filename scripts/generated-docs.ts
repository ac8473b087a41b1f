import { datasetYamlSchema } from '@app/catalog';
import { declaredSettings } from '@app/config';
import { declaredErrors } from '@app/kernel';
import { z } from 'zod';
// Loading the two processes loads every library, and with it every code and setting that is declared.
import '../apps/api/src/server.js';
import '../apps/worker/src/worker.js';

/** docs/errors.md: every code with which the market can refuse. */
export function errorsPage(): string {
  const rows = declaredErrors().map(
    ({ code, kind, sentence }) => `| \`${code}\` | ${kind} | ${sentence.replaceAll('|', '\\|')} |`,
  );
  return [
    '# Error codes',
    '',
    'Written by `npm run docs`. Do not edit. The sentences show example details.',
    '',
    '| code | kind | sentence |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

/** .env.example: every setting, commented out. */
export function settingsPage(): string {
  const lines = ['# Settings of Bodega. Written by `npm run docs`; every line is optional under `npm start`.', ''];
  let group = '';
  for (const { group: name, declaration } of declaredSettings()) {
    if (name !== group) lines.push(...(group === '' ? [] : ['']), `# ${name}`);
    group = name;
    const unit = declaration.unit ? ` [${declaration.unit}]` : '';
    lines.push(`# ${declaration.description}${unit}`, `#${declaration.env}=${declaration.default ?? ''}`);
  }
  return [
    ...lines,
    '',
    '# start',
    '# Folder of all state under `npm start`',
    '#BODEGA_HOME=.bodega',
    '# Port of the embedded object store',
    '#S3_PORT=9000',
    '',
  ].join('\n');
}

/** docs/dataset.schema.json: what `dataset.yaml` may say, for editors and checkers; made from the schema that the market applies. */
export function datasetSchemaPage(): string {
  const schema = z.toJSONSchema(datasetYamlSchema, { io: 'input' });
  const page = { ...schema, title: 'dataset.yaml', description: 'Written by `npm run docs`. Do not edit.' };
  return `${JSON.stringify(page, null, 2)}\n`;
}
