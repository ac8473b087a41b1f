import jsonld from 'jsonld';
import type { Node } from 'jsonld';

export type { Node } from 'jsonld';

/** The processor of the JSON-LD working group's own test suite; it may fetch nothing but what a test hands it. */
export class JsonLd {
  constructor(private readonly served: Readonly<Record<string, unknown>> = {}) {}

  private readonly options = {
    documentLoader: async (url: string) => {
      if (!Object.hasOwn(this.served, url)) throw new Error(`The document wants ${url} from outside.`);
      return { document: this.served[url], documentUrl: url };
    },
  };

  expand(document: unknown): Promise<Node[]> {
    return jsonld.expand(document, this.options);
  }

  compact(document: unknown, context: unknown): Promise<Node> {
    return jsonld.compact(document, context, this.options);
  }
}

/** Nodes of a property of an expanded node; values that are no nodes are left out. */
export const nodesAt = (node: Node, iri: string): Node[] => {
  const values = Array.isArray(node[iri]) ? (node[iri] as unknown[]) : [];
  return values.filter((one): one is Node => typeof one === 'object' && one !== null && !('@value' in one));
};
/** Plain values of a property. */
export const valuesAt = (node: Node, iri: string): unknown[] => {
  const values = Array.isArray(node[iri]) ? (node[iri] as unknown[]) : [];
  return values.flatMap((one) =>
    typeof one === 'object' && one !== null && '@value' in one ? [(one as Node)['@value']] : [],
  );
};
export const typesOf = (node: Node): string[] => (Array.isArray(node['@type']) ? (node['@type'] as string[]) : []);
export const idOf = (node: Node): string | undefined => (typeof node['@id'] === 'string' ? node['@id'] : undefined);
