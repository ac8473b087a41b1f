import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { errorsPage, settingsPage } from './generated-docs.js';

/** Writes docs/errors.md and .env.example from what the libraries declare. */
await writeFile(new URL('../docs/errors.md', import.meta.url), errorsPage());
await writeFile(new URL('../.env.example', import.meta.url), settingsPage());
process.exit(0);
