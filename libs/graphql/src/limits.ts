import { GraphQLError, Kind, isCompositeType, isListType, isNonNullType } from 'graphql';
import type {
  ASTVisitor,
  FieldNode,
  GraphQLOutputType,
  SelectionSetNode,
  ValidationContext,
  ValidationRule,
} from 'graphql';

/** Deepest nesting of fields. Introspection is counted apart, by graphql's own rule. */
export const MAX_DEPTH = 10;
export const MAX_ALIASES = 15;
export const MAX_TOKENS = 1_500;
export const MAX_DIRECTIVES = 20;
/** Points of one operation: one for each object that it may fetch, lists multiplied by their page size. */
export const MAX_COST = 5_000;
/** What a page costs when the caller leaves `first` out or hides it in a variable. */
const ASSUMED_PAGE = 100;

interface Weight {
  depth: number;
  aliases: number;
  directives: number;
  cost: number;
}

function pageSizeOf(field: FieldNode): number {
  const first = field.arguments?.find((argument) => argument.name.value === 'first');
  return first?.value.kind === Kind.INT ? Math.max(1, Number(first.value.value)) : ASSUMED_PAGE;
}

function isPaged(type: GraphQLOutputType): boolean {
  const named = isNonNullType(type) ? type.ofType : type;
  return !isListType(named) && 'name' in named && named.name.endsWith('Connection');
}

class Weigher {
  private readonly onPath = new Set<string>();

  constructor(private readonly context: ValidationContext) {}

  weigh(
    selections: SelectionSetNode,
    typeName: string | undefined,
    multiplier: number,
    depth: number,
    sum: Weight,
  ): void {
    sum.depth = Math.max(sum.depth, depth);
    if (sum.depth > MAX_DEPTH || sum.cost > MAX_COST) return;
    for (const selection of selections.selections) {
      sum.directives += selection.directives?.length ?? 0;
      if (selection.kind === Kind.FIELD) this.weighField(selection, typeName, multiplier, depth, sum);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.weigh(selection.selectionSet, selection.typeCondition?.name.value ?? typeName, multiplier, depth, sum);
      } else {
        const name = selection.name.value;
        const fragment = this.context.getFragment(name);
        if (!fragment || this.onPath.has(name)) continue;
        this.onPath.add(name);
        this.weigh(fragment.selectionSet, fragment.typeCondition.name.value, multiplier, depth, sum);
        this.onPath.delete(name);
      }
    }
  }

  private weighField(
    field: FieldNode,
    typeName: string | undefined,
    multiplier: number,
    depth: number,
    sum: Weight,
  ): void {
    if (field.alias) sum.aliases++;
    const name = field.name.value;
    if (name.startsWith('__')) return;
    const parent = typeName === undefined ? undefined : this.context.getSchema().getType(typeName);
    const type = parent && 'getFields' in parent ? parent.getFields()[name]?.type : undefined;
    const outputType = type as GraphQLOutputType | undefined;
    let named = outputType;
    while (named && 'ofType' in named) named = named.ofType as GraphQLOutputType;
    if (outputType && isCompositeType(named)) {
      sum.cost += multiplier;
      const factor = isPaged(outputType) ? pageSizeOf(field) : 1;
      if (field.selectionSet) {
        this.weigh(field.selectionSet, 'name' in named ? named.name : undefined, multiplier * factor, depth + 1, sum);
      }
    }
  }
}

/** Refuses operations that are too deep, too wide or too dear, before anything runs. */
export const operationLimits: ValidationRule = (context): ASTVisitor => ({
  OperationDefinition(operation) {
    const root = context.getSchema().getRootType(operation.operation)?.name;
    const sum: Weight = { depth: 0, aliases: 0, directives: operation.directives?.length ?? 0, cost: 0 };
    new Weigher(context).weigh(operation.selectionSet, root, 1, 1, sum);
    const refuse = (message: string): void => context.reportError(new GraphQLError(message, { nodes: operation }));
    if (sum.depth > MAX_DEPTH) refuse(`The operation nests deeper than ${MAX_DEPTH} levels; ask for less at once.`);
    if (sum.aliases > MAX_ALIASES) refuse(`The operation has ${sum.aliases} aliases, more than ${MAX_ALIASES}.`);
    if (sum.directives > MAX_DIRECTIVES)
      refuse(`The operation has ${sum.directives} directives, more than ${MAX_DIRECTIVES}.`);
    if (sum.cost > MAX_COST)
      refuse(`The operation costs more than ${MAX_COST} points; ask for smaller pages (first: …).`);
    return undefined;
  },
});
