import {
  GraphQLError,
  Kind,
  OperationTypeNode,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isObjectType,
  parse,
} from 'graphql';
import type { DocumentNode, GraphQLField, GraphQLNamedType, GraphQLSchema, SelectionSetNode } from 'graphql';

/** Deeper operations are refused before they run anyway. */
const DEPTH_MAX = 20;

const isPublic = (type: GraphQLNamedType): boolean =>
  !isCompositeType(type) || type.extensions['visibility'] === 'public';

/** Fields with a resolver of their own declare who may call them; only those that also declare the scope are covered by it. */
function isCovered(field: GraphQLField<unknown, unknown>): boolean {
  const { access, cached } = field.extensions;
  return access === undefined || (access === 'anonymous' && cached === 'catalog');
}

/**
 * Whether the operation reads nothing but public facts of the catalogue: a query whose every root field and field resolver
 * is anonymous and declared `@Cached('catalog')`, over public types alone. Anything doubtful is not.
 */
export function isPublicCatalogOperation(schema: GraphQLSchema, text: string, operationName: string | null): boolean {
  const document = parseOrNull(text);
  if (!document) return false;
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const operation =
    operationName === null ? operations[0] : operations.find(({ name }) => name?.value === operationName);
  const root = schema.getQueryType();
  if (!operation || operation.operation !== OperationTypeNode.QUERY || !root) return false;
  if (operationName === null && operations.length > 1) return false;

  const isSafe = (set: SelectionSetNode, type: GraphQLNamedType, depth: number): boolean =>
    depth <= DEPTH_MAX &&
    set.selections.every((selection) => {
      if (selection.kind !== Kind.FIELD) {
        const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
        if (!fragment) return false;
        const condition = fragment.typeCondition ? schema.getType(fragment.typeCondition.name.value) : type;
        return (
          condition !== undefined &&
          (condition === root || isPublic(condition)) &&
          isSafe(fragment.selectionSet, condition, depth + 1)
        );
      }
      if (selection.name.value === '__typename') return true;
      if (!isObjectType(type) && !isAbstractType(type)) return false;
      const field = 'getFields' in type ? type.getFields()[selection.name.value] : undefined;
      if (!field || !isCovered(field) || (type === root && field.extensions['cached'] !== 'catalog')) return false;
      const named = getNamedType(field.type);
      return isPublic(named) && (!selection.selectionSet || isSafe(selection.selectionSet, named, depth + 1));
    });
  return isSafe(operation.selectionSet, root, 1);
}

function parseOrNull(text: string): DocumentNode | null {
  try {
    return parse(text, { maxTokens: 2_000, noLocation: true });
  } catch (error) {
    // Apollo answers the caller; here it only means "do not keep".
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}
