import { S3Error } from './s3-error.js';

/** An element to write: text, or children in order; a list repeats the element. */
export type XmlValue = string | number | boolean | XmlNode | readonly XmlValue[] | undefined;
export interface XmlNode {
  readonly [name: string]: XmlValue;
}

/** An element that was read. */
export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
/** Deeper than any request of the protocol. */
const MAX_DEPTH = 8;

/** A whole document. */
export function toXml(root: string, content: XmlNode, namespaced = true): string {
  const attribute = namespaced ? ` xmlns="${NAMESPACE}"` : '';
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${renderChildren(content)}</${root}>`;
}

function renderChildren(node: XmlNode): string {
  return Object.entries(node)
    .map(([name, value]) => render(name, value))
    .join('');
}

function render(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return (value as readonly XmlValue[]).map((item) => render(name, item)).join('');
  const content = typeof value === 'object' ? renderChildren(value as XmlNode) : escapeText(String(value));
  return `<${name}>${content}</${name}>`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeText(text: string): string {
  // Control characters have no literal form; keys that hold them are listed with encoding-type=url by careful clients.

  return text.replace(/[&<>"\u0000-\u001f]/g, (c) => ESCAPES[c] ?? `&#${c.charCodeAt(0)};`);
}

const TOKEN =
  /<\?[^?]*\?>|<!--[\s\S]*?-->|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y;

/**
 * Reads the small documents that clients send: elements and text, no DTD, no entities beyond the predefined ones, so
 * nothing can expand.
 *
 * @throws S3Error MalformedXML
 */
export function parseXml(text: string): XmlElement {
  interface Open {
    name: string;
    text: string;
    children: XmlElement[];
  }
  const top: Open = { name: '', text: '', children: [] };
  const stack: Open[] = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    const current = stack.at(-1);
    if (!match || !current) throw malformed();
    const [, closing, opening, , selfClosing, characters] = match;
    if (characters !== undefined) {
      current.text += unescapeText(characters);
    } else if (opening !== undefined) {
      const element: Open = { name: localName(opening), text: '', children: [] };
      current.children.push(element);
      if (selfClosing === '') stack.push(element);
      if (stack.length > MAX_DEPTH) throw malformed();
    } else if (closing !== undefined) {
      if (stack.length === 1 || current.name !== localName(closing)) throw malformed();
      stack.pop();
    }
  }
  const [root, ...rest] = top.children;
  if (stack.length !== 1 || !root || rest.length > 0) throw malformed();
  return root;
}

/** The text of the first child of this name, trimmed. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text.trim();
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeText(text: string): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    const named = NAMED[name];
    if (named !== undefined && whole.endsWith(';')) return named;
    const numeric = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(name);
    const code = numeric ? (numeric[1] !== undefined ? parseInt(numeric[1], 16) : Number(numeric[2])) : Number.NaN;
    if (!(code <= 0x10ffff)) throw malformed();
    return String.fromCodePoint(code);
  });
}

function malformed(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema.',
  );
}
