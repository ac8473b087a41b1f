import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { childText, parseXml, toXml } from './xml.js';

describe('xml', () => {
  it('reads back whatever text it wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const root = parseXml(toXml('Root', { Key: text, Other: 1 }));

        expect(root.children.find((child) => child.name === 'Key')?.text).toBe(text);
        expect(childText(root, 'Other')).toBe('1');
      }),
    );
  });

  it('reads prefixes, comments, attributes and empty elements', () => {
    const root = parseXml(
      '<?xml version="1.0"?><!-- c --><s3:Delete xmlns:s3="http://x/"><s3:Object><s3:Key>a&amp;b&#x41;</s3:Key></s3:Object><Quiet/></s3:Delete>',
    );

    expect(root.name).toBe('Delete');
    expect(root.children.map((child) => child.name)).toEqual(['Object', 'Quiet']);
    expect(childText(root.children[0] ?? root, 'Key')).toBe('a&bA');
  });

  it.each([
    ['an entity of its own', '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'],
    ['an unknown entity', '<x>&a;</x>'],
    ['a bare ampersand', '<x>a & b</x>'],
    ['an unclosed element', '<x><y></x>'],
    ['a second root', '<x></x><y></y>'],
    ['nothing', ''],
    ['a code point beyond Unicode', '<x>&#x110000;</x>'],
    ['more depth than any request has', '<x>'.repeat(20) + '</x>'.repeat(20)],
  ])('refuses %s', (_, text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
