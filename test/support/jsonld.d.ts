/** What the tests use of the JSON-LD processor, which brings no types. */
declare module 'jsonld' {
  export type Node = Record<string, unknown>;
  interface Options {
    documentLoader: (url: string) => Promise<{ document: unknown; documentUrl: string; contextUrl?: string }>;
  }
  const jsonld: {
    expand(document: unknown, options: Options): Promise<Node[]>;
    compact(document: unknown, context: unknown, options: Options): Promise<Node>;
    flatten(document: unknown, context: unknown, options: Options): Promise<Node[]>;
  };
  // eslint-disable-next-line no-restricted-syntax -- it is how that package exports
  export default jsonld;
}
