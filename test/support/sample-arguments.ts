import {
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';
import type { GraphQLField, GraphQLInputType } from 'graphql';

const SAMPLES: Readonly<Record<string, string>> = {
  String: '"x"',
  ID: '"x"',
  Int: '1',
  Float: '1.5',
  Boolean: 'true',
  BigInt: '1',
  JSON: '{}',
  DateTime: '"2030-01-01T00:00:00Z"',
};

function literalOf(type: GraphQLInputType): string {
  const bare = getNullableType(type);
  if (isListType(bare)) return `[${literalOf(bare.ofType)}]`;
  if (isEnumType(bare)) return bare.getValues()[0]?.name ?? 'null';
  if (isInputObjectType(bare)) {
    const required = Object.values(bare.getFields()).filter(
      (field) => isNonNullType(field.type) && field.defaultValue === undefined,
    );
    return `{ ${required.map((field) => `${field.name}: ${literalOf(field.type)}`).join(', ')} }`;
  }
  return SAMPLES[bare.name] ?? '"x"';
}

/** A call of a root field that passes GraphQL's own checks: required arguments filled with any value, least selection. */
export function callOf(kind: 'query' | 'mutation', field: GraphQLField<unknown, unknown>): string {
  const required = field.args.filter((argument) => isNonNullType(argument.type) && argument.defaultValue === undefined);
  const list = required.map((argument) => `${argument.name}: ${literalOf(argument.type)}`).join(', ');
  const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
  return `${kind} { ${field.name}${list ? `(${list})` : ''}${selection} }`;
}
