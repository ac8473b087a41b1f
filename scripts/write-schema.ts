import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { buildPublicSchema, schemaText } from './public-schema.js';

/** Writes schema.graphql from the resolver classes, without a database. Commit it and review its diff as the API change. */
await writeFile(new URL('../schema.graphql', import.meta.url), schemaText(await buildPublicSchema()));
process.exit(0);
