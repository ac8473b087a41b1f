import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { datasetSchemaPage, errorsPage, settingsPage } from './generated-docs.js';

/** Writes docs/errors.md, docs/dataset.schema.json and .env.example from what the libraries declare. */
await writeFile(new URL('../docs/errors.md', import.meta.url), errorsPage());
await writeFile(new URL('../.env.example', import.meta.url), settingsPage());
await writeFile(new URL('../docs/dataset.schema.json', import.meta.url), datasetSchemaPage());
process.exit(0);
