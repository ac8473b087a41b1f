import { Kind, getNamedType, isInputObjectType, isInputType, typeFromAST } from 'graphql';
import type { DocumentNode, GraphQLInputType, GraphQLSchema, TypeNode } from 'graphql';

/** Whether some variable of the document is an input object of which a field with a default may be left out, at any depth. */
export function takesInputDefaults(schema: GraphQLSchema, document: DocumentNode): boolean {
  return document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      (definition.variableDefinitions ?? []).some(({ type }) => hasDefaults(inputTypeOf(schema, type), new Set())),
  );
}

function hasDefaults(type: GraphQLInputType | undefined, seen: Set<string>): boolean {
  const named = type && getNamedType(type);
  if (!isInputObjectType(named) || seen.has(named.name)) return false;
  seen.add(named.name);
  return Object.values(named.getFields()).some(
    (field) => field.defaultValue !== undefined || hasDefaults(field.type, seen),
  );
}

function inputTypeOf(schema: GraphQLSchema, node: TypeNode): GraphQLInputType | undefined {
  const named = node.kind === Kind.NAMED_TYPE ? typeFromAST(schema, node) : inputTypeOf(schema, node.type);
  return isInputType(named) ? named : undefined;
}
