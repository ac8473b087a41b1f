import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import * as client from '@app/client';
import { buildSchema, parse, validate } from 'graphql';

interface Document {
  readonly name: string;
  readonly text: string;
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && 'text' in value && 'repeatable' in value;

describe('the operations of the client', () => {
  const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));
  const documents = Object.values<unknown>(client).filter(isDocument);

  it('are all known here', () => {
    expect(documents.length).toBeGreaterThan(20);
  });

  it.each(documents.map((document) => [document.name, document.text]))('%s fits schema.graphql', (_name, text) => {
    expect(validate(schema, parse(text)).map((error) => error.message)).toEqual([]);
  });
});
