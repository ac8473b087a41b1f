import { LicensingErrors } from '../licensing.errors.js';
import { MISSPELT, ODRL_TERMS, isOdrlContext } from './odrl-context.js';
import type { TermDefinition } from './odrl-context.js';
import { NAMESPACES, profileNamespaceOf } from './odrl-names.js';

/** A value of a property: something named or described, or a plain value. */
export type LdValue =
  | { readonly kind: 'node'; readonly node: LdNode }
  | { readonly kind: 'literal'; readonly value: string; readonly language: string | null }
  | { readonly kind: 'json'; readonly value: unknown };

/** A node by its short names (`odrl:action`, `bdg:train`); what has none keeps its full IRI. */
export interface LdNode {
  readonly id: string | null;
  readonly types: readonly string[];
  readonly properties: ReadonlyMap<string, readonly LdValue[]>;
}

/** Far above any policy of this market (4 to 20 kB), far below what would hold a process up. */
const MAX_CHARACTERS = 262_144;
const MAX_VALUES = 20_000;
const MAX_DEPTH = 24;

function refuse(reason: string): never {
  throw LicensingErrors.POLICY_UNREADABLE({ reason });
}

/**
 * The policy in a JSON-LD document, and the nodes that it refers to put in their places. Only what policies are written in is
 * read: prefixes, terms, the context of ODRL; expanded documents too. Everything else is refused by name, since a part
 * that is passed over could be the one that forbids. Nothing is fetched.
 * @throws LICENSING_POLICY_UNREADABLE
 */
export function readPolicyNode(document: unknown, profile: string): LdNode {
  measure(document);
  const [root, ...others] = Array.isArray(document) ? (document as unknown[]) : [document];
  if (!isObject(root) || others.some((one) => !isObject(one))) refuse('it must be a JSON object');
  const reader = new Reader(profileNamespaceOf(profile));
  const context = reader.context(root['@context']);
  const graph = root['@graph'];
  if (graph !== undefined && Object.keys(root).some((key) => key !== '@graph' && key !== '@context'))
    refuse('beside @graph it may hold @context only');
  const entries = graph === undefined ? [root, ...others] : Array.isArray(graph) ? (graph as unknown[]) : [graph];
  const nodes = entries.map((entry) => {
    if (!isObject(entry)) refuse('a member of @graph must be an object');
    return reader.node(entry, context, entry === root);
  });
  return new Assembly(nodes).policy();
}

function measure(document: unknown): void {
  const open: { value: unknown; depth: number }[] = [{ value: document, depth: 0 }];
  let [values, characters] = [0, 0];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, depth } = next;
    values += 1;
    if (depth > MAX_DEPTH) refuse(`it is nested deeper than ${MAX_DEPTH} levels`);
    if (typeof value === 'string') characters += value.length;
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        characters += key.length;
        open.push({ value: inner, depth: depth + 1 });
      }
    }
    if (values > MAX_VALUES || characters > MAX_CHARACTERS || open.length > MAX_VALUES)
      refuse(`it is larger than ${MAX_VALUES} values or ${MAX_CHARACTERS} characters`);
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Context {
  readonly terms: ReadonlyMap<string, TermDefinition>;
  /** Other spellings of `@id` and `@type`. */
  readonly keywords: ReadonlyMap<string, string>;
  readonly vocabulary: string | null;
}

const ALIASED = ['@id', '@type', '@value', '@language', '@list', '@set'];
/** Parts of a term's definition that change nothing of what is read here. */
const HARMLESS = ['@id', '@type', '@container', '@prefix', '@protected', '@language'];

class Reader {
  private readonly shortNames: readonly (readonly [name: string, iri: string])[];

  constructor(profileNamespace: string) {
    this.shortNames = [...Object.entries(NAMESPACES), ['bdg', profileNamespace]];
  }

  context(given: unknown): Context {
    const terms = new Map<string, TermDefinition>();
    const keywords = new Map<string, string>();
    let vocabulary: string | null = null;
    for (const part of Array.isArray(given) ? (given as unknown[]) : given === undefined ? [] : [given]) {
      if (typeof part === 'string') {
        if (!isOdrlContext(part))
          refuse(`its context "${part.slice(0, 200)}" is not known here, and nothing is fetched`);
        for (const [term, definition] of ODRL_TERMS) terms.set(term, definition);
        keywords.set('uid', '@id').set('id', '@id').set('type', '@type');
        continue;
      }
      if (!isObject(part)) refuse('a context must be a URL or an object');
      for (const [term, definition] of Object.entries(part)) {
        if (term === '@vocab') {
          if (typeof definition !== 'string') refuse('@vocab must be an IRI');
          vocabulary = definition;
        } else if (term.startsWith('@')) {
          if (!['@language', '@version', '@protected'].includes(term)) refuse(`its context uses ${term.slice(0, 50)}`);
        } else this.define(term, definition, terms, keywords);
      }
    }
    return { terms, keywords, vocabulary };
  }

  private define(
    term: string,
    definition: unknown,
    terms: Map<string, TermDefinition>,
    keywords: Map<string, string>,
  ): void {
    terms.delete(term);
    keywords.delete(term);
    if (definition === null) return;
    const parts = isObject(definition) ? definition : { '@id': definition };
    const strange = Object.keys(parts).find((key) => !HARMLESS.includes(key));
    if (strange !== undefined) refuse(`its context defines "${term.slice(0, 100)}" with ${strange.slice(0, 50)}`);
    if (!['@set', '@list', undefined].includes(parts['@container'] as string | undefined))
      refuse(`its context gives "${term.slice(0, 100)}" a container that is not read`);
    const iri = parts['@id'] ?? term;
    const type = parts['@type'] ?? null;
    if (typeof iri !== 'string' || (type !== null && typeof type !== 'string'))
      refuse(`its context defines "${term.slice(0, 100)}" in a way that is not read`);
    if (ALIASED.includes(iri)) keywords.set(term, iri);
    else if (iri.startsWith('@')) refuse(`its context gives ${iri.slice(0, 50)} another name`);
    else terms.set(term, { iri, type });
  }

  node(entry: Record<string, unknown>, context: Context, isRoot = false): LdNode {
    let id: string | null = null;
    const types: string[] = [];
    const properties = new Map<string, LdValue[]>();
    for (const [key, value] of Object.entries(entry)) {
      const keyword = key.startsWith('@') ? key : context.keywords.get(key);
      if (keyword === '@id') {
        if (typeof value !== 'string') refuse('an @id must be text');
        id = this.name(value, context, false);
      } else if (keyword === '@type') {
        for (const type of Array.isArray(value) ? (value as unknown[]) : [value]) {
          if (typeof type !== 'string') refuse('a @type must be text');
          types.push(this.name(type, context, true));
        }
      } else if (keyword !== undefined) {
        if (keyword !== '@context' || !isRoot) refuse(`it uses ${keyword.slice(0, 50)} where that is not read`);
      } else {
        const property = this.name(key, context, true);
        const read = this.values(value, context, context.terms.get(key)?.type ?? null);
        properties.set(property, [...(properties.get(property) ?? []), ...read]);
      }
    }
    return { id, types, properties };
  }

  private values(value: unknown, context: Context, type: string | null): LdValue[] {
    if (type === '@json') return [{ kind: 'json', value }];
    if (Array.isArray(value)) return value.flatMap((one) => this.values(one, context, type));
    if (value === null || value === undefined) return [];
    if (!isObject(value)) return [this.plain(value as string | number | boolean, context, type)];
    const parts = new Map(
      Object.entries(value).map(([key, part]): [string, unknown] => [context.keywords.get(key) ?? key, part]),
    );
    for (const keyword of ['@list', '@set']) {
      if (!parts.has(keyword)) continue;
      if (parts.size > 1) refuse(`${keyword} stands beside something else`);
      return this.values(parts.get(keyword), context, type);
    }
    if (!parts.has('@value')) return [{ kind: 'node', node: this.node(value, context) }];
    const said = parts.get('@value');
    if (parts.get('@type') === '@json') return [{ kind: 'json', value: said }];
    if (!['string', 'number', 'boolean'].includes(typeof said))
      refuse('a @value must be text, a number, true or false');
    const language = parts.get('@language');
    return [{ kind: 'literal', value: String(said), language: typeof language === 'string' ? language : null }];
  }

  private plain(value: string | number | boolean, context: Context, type: string | null): LdValue {
    if (typeof value === 'string' && (type === '@id' || type === '@vocab'))
      return {
        kind: 'node',
        node: { id: this.name(value, context, type === '@vocab'), types: [], properties: new Map() },
      };
    return { kind: 'literal', value: String(value), language: null };
  }

  /** The short name of what a text stands for; what stands for nothing is marked, so that nobody takes it for a word. */
  private name(text: string, context: Context, isWord: boolean): string {
    const iri = this.iri(text, context, isWord);
    const misspelt = MISSPELT[iri];
    if (misspelt) return misspelt;
    for (const [short, namespace] of this.shortNames) {
      if (!iri.startsWith(namespace)) continue;
      const name = `${short}:${iri.slice(namespace.length)}`;
      return MISSPELT[name] ?? name;
    }
    // An IRI that only looks like a short name of ours is none.
    return this.shortNames.some(([short]) => iri.startsWith(`${short}:`)) ? `?${iri}` : iri;
  }

  private iri(text: string, context: Context, isWord: boolean, depth = 0): string {
    if (depth > 8) refuse(`its context defines "${text.slice(0, 100)}" by itself`);
    const term = isWord ? context.terms.get(text) : undefined;
    if (term) return term.iri === text ? text : this.iri(term.iri, context, true, depth + 1);
    const [prefix = '', ...rest] = text.split(':');
    if (rest.length > 0) {
      const suffix = rest.join(':');
      const namespace = suffix.startsWith('//') ? undefined : context.terms.get(prefix);
      if (!namespace || namespace.iri === text) return text;
      return `${this.iri(namespace.iri, context, true, depth + 1)}${suffix}`;
    }
    return isWord && context.vocabulary !== null ? `${context.vocabulary}${text}` : `?${text}`;
  }
}

/** The nodes of a document put together: a reference stands for what is told of the node elsewhere. */
class Assembly {
  private readonly told = new Map<string, LdNode>();
  private resolved = 0;

  constructor(private readonly roots: readonly LdNode[]) {
    for (const root of roots) this.collect(root);
  }

  policy(): LdNode {
    const policies = this.roots.filter((node) =>
      ['odrl:permission', 'odrl:prohibition', 'odrl:obligation', 'odrl:profile'].some((name) =>
        node.properties.has(name),
      ),
    );
    const [policy, another] = policies;
    if (!policy) refuse('it holds no ODRL policy');
    if (another) refuse('it holds more than one policy; ask about each by itself');
    return this.resolve(policy, []);
  }

  private collect(node: LdNode): void {
    if (node.id !== null && node.properties.size > 0) {
      if (this.told.has(node.id)) refuse(`"${node.id.slice(0, 200)}" is described twice`);
      this.told.set(node.id, node);
    }
    for (const values of node.properties.values())
      for (const value of values) if (value.kind === 'node') this.collect(value.node);
  }

  /** References are followed as far as the document itself may be large: ten nodes that name each other twice are no bomb. */
  private resolve(node: LdNode, path: readonly LdNode[]): LdNode {
    if (path.includes(node)) refuse(`"${(node.id ?? '').slice(0, 200)}" leads back to itself`);
    this.resolved += 1;
    if (path.length > MAX_DEPTH || this.resolved > MAX_VALUES) refuse('its nodes refer to each other without end');
    const properties = new Map<string, LdValue[]>();
    for (const [name, values] of node.properties) {
      const read = values.map((value): LdValue => {
        if (value.kind !== 'node') return value;
        const { id } = value.node;
        const elsewhere = id !== null && value.node.properties.size === 0 ? this.told.get(id) : undefined;
        return { kind: 'node', node: this.resolve(elsewhere ?? value.node, [...path, node]) };
      });
      properties.set(name, read);
    }
    return { ...node, properties };
  }
}
