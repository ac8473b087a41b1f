/** A licence that a text names, in the normal spelling, where and how it stands there. */
export interface Mention {
  /** SPDX id, or `LicenseRef-*`, or a word that names none: `other`, `cc`. */
  readonly licence: string;
  readonly raw: string;
  readonly line: number;
}

/** Spellings in prose, badges and tags; the longer first, because one holds the other. */
const SPELLINGS: readonly (readonly [RegExp, (groups: RegExpExecArray) => string])[] = [
  [
    /\bcc[\s_-]*by((?:[\s_-]+(?:nc|sa|nd))*)[\s_-]*v?(\d(?:\.\d)?)?(?![\w.]*\/)/i,
    ([, limits = '', version]) =>
      `CC-BY${limits.toUpperCase().replaceAll(/[\s_-]+/g, '-')}${version ? `-${version.length === 1 ? `${version}.0` : version}` : ''}`,
  ],
  [
    /creativecommons\.org\/licenses\/(by(?:-(?:nc|sa|nd))*)\/(\d\.\d)/i,
    ([, name = '', version = '']) => `CC-${name.toUpperCase()}-${version}`,
  ],
  [/creativecommons\.org\/publicdomain\/zero|\bcc[\s_-]*0(?:[\s_-]*1\.0)?\b/i, () => 'CC0-1.0'],
  [
    /creative\s+commons\s+attribution((?:[\s-]+(?:non-?commercial|share-?alike|no-?derivatives))*)\s*(?:international\s*)?(\d\.\d)?/i,
    ([, limits = '', version]) =>
      `CC-BY${/non-?commercial/i.test(limits) ? '-NC' : ''}${/share/i.test(limits) ? '-SA' : ''}${/deriv/i.test(limits) ? '-ND' : ''}${version ? `-${version}` : ''}`,
  ],
  [/\bapache(?:[\s_-]+license)?[\s,_-]*(?:version\s*)?2(?:\.0)?\b|\bapache\s+license\b/i, () => 'Apache-2.0'],
  [/\bmit\b(?=[\s_-]*licen[cs]e|\W|$)/i, () => 'MIT'],
  [/\bbsd[\s_-]*3(?:[\s_-]*clause)?\b/i, () => 'BSD-3-Clause'],
  [/\bbsd[\s_-]*([24])[\s_-]*clause\b/i, ([, clauses = '2']) => `BSD-${clauses}-Clause`],
  [/\b(a|l)?gpl[\s_-]*v?(\d)(?:\.0)?\b/i, ([, kind = '', version = '3']) => `${kind.toUpperCase()}GPL-${version}.0`],
  [/\bodbl(?:[\s_-]*1\.0)?\b|open\s+database\s+license/i, () => 'ODbL-1.0'],
  [/\bodc[\s_-]*by(?:[\s_-]*1\.0)?\b/i, () => 'ODC-By-1.0'],
  [/\bpddl(?:[\s_-]*1\.0)?\b/i, () => 'PDDL-1.0'],
  [/\bcdla[\s_-]*permissive(?:[\s_-]*2\.0)?\b/i, () => 'CDLA-Permissive-2.0'],
  [/\bcdla[\s_-]*sharing(?:[\s_-]*1\.0)?\b/i, () => 'CDLA-Sharing-1.0'],
  [/\bo-uda(?:-1\.0)?\b/i, () => 'O-UDA-1.0'],
  [/\bc-uda(?:-1\.0)?\b/i, () => 'C-UDA-1.0'],
  [/\b(?:bigscience-|creativeml-)?open\s?rail[\w+-]*/i, () => 'LicenseRef-RAIL-M'],
  [/\bLicenseRef-[\w.-]+/i, ([raw]) => raw],
];

/** The licence that a short text (a tag, a declared name) stands for; the text itself, in lower case, where none is known. */
export function licenceOf(text: string): string {
  const [first] = mentionsIn(text);
  return first?.licence ?? text.trim().toLowerCase();
}

/** No sentence is longer; what is, was made to keep the patterns busy. */
const MAX_LINE_CHARS = 2_000;

/** The lines of a text, each as much of it as is looked at. */
export const linesOf = (text: string): string[] => text.split('\n').map((line) => line.slice(0, MAX_LINE_CHARS));

/** Every licence that a text names, once for each line. */
export function mentionsIn(text: string): Mention[] {
  const found: Mention[] = [];
  for (const [i, line] of linesOf(text).entries()) {
    let rest = line;
    for (const [pattern, normal] of SPELLINGS) {
      for (let match = pattern.exec(rest); match; match = pattern.exec(rest)) {
        found.push({ licence: normal(match), raw: match[0].trim(), line: i + 1 });
        rest = rest.slice(0, match.index) + ' '.repeat(match[0].length) + rest.slice(match.index + match[0].length);
      }
    }
  }
  return found.filter(
    (one, i) => found.findIndex((other) => other.licence === one.licence && other.line === one.line) === i,
  );
}

/** Licences for software: beside data they may mean the code. */
export const isSoftwareLicence = (licence: string): boolean => /^(MIT|Apache|BSD|A?L?GPL)\b/i.test(licence);

/** Licences that let everyone do anything, but for notices. */
export const isPermissive = (licence: string): boolean =>
  /^(CC0|CC-BY(-\d|$)|MIT|Apache|BSD|PDDL|ODC-By|CDLA-Permissive|O-UDA)/i.test(licence);

/** A word that settles nothing. */
export const isVague = (licence: string): boolean =>
  /^(other|unknown|none|n\/a|cc|cc-nc|cc-by(-nc)?(-sa|-nd)?|custom|proprietary|\s*)$/i.test(licence);
