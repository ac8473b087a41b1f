import 'reflect-metadata';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { declaredErrors } from '@app/kernel';
import { datasetSchemaPage, errorsPage, settingsPage } from '../../scripts/generated-docs.js';
import { buildPublicSchema, schemaText } from '../../scripts/public-schema.js';

const committed = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('generated files', () => {
  it('has schema.graphql as the resolver classes give it (npm run schema)', async () => {
    expect(schemaText(await buildPublicSchema())).toBe(await committed('schema.graphql'));
  });

  it('lists every error code in docs/errors.md (npm run docs)', async () => {
    expect(errorsPage()).toBe(await committed('docs/errors.md'));
  });

  it('lists every setting in .env.example (npm run docs)', async () => {
    expect(settingsPage()).toBe(await committed('.env.example'));
  });

  it('has docs/dataset.schema.json as the market checks dataset.yaml (npm run docs)', async () => {
    expect(datasetSchemaPage()).toBe(await committed('docs/dataset.schema.json'));
  });

  it('prefixes every code with its domain, and writes each sentence for people', () => {
    for (const { code, sentence } of declaredErrors()) {
      expect(code).toMatch(/^[A-Z]+_[A-Z0-9_]+$/);
      expect(sentence).toMatch(/^\S.*[.)…"]$/su);
    }
  });
});
