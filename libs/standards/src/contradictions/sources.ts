import type { TextFile } from '../evidence.js';
import { licenceOf, linesOf, mentionsIn } from './licence-mentions.js';
import type { Mention } from './licence-mentions.js';

/** The places where a dataset says under which licence it stands. */
export interface LicenceSources {
  readonly readme: readonly TextFile[];
  readonly licenceFiles: readonly TextFile[];
  /** What the head of a card (YAML front matter) names. */
  readonly card: {
    readonly path: string;
    readonly licence: string;
    readonly raw: string;
    readonly line: number;
  } | null;
}

const IS_LICENCE_FILE = /(^|\/)(licen[cs]e|copying|licen[cs]e[-_.][\w.-]*)(\.(md|txt|rst))?$/i;

/** Whether a file speaks of the set and its licence: LICENSE, README, a card. */
export const isTextOfLicence = (path: string): boolean =>
  IS_LICENCE_FILE.test(path) || /(^|\/)readme(\.(md|txt|rst))?$/i.test(path) || /^[^/]+\.md$/i.test(path);

/** Sorts texts into the kinds of source. */
export function sourcesOf(texts: readonly TextFile[]): LicenceSources {
  const licenceFiles = texts.filter(({ path }) => IS_LICENCE_FILE.test(path));
  const readme = texts.filter((text) => !licenceFiles.includes(text));
  return { readme, licenceFiles, card: readme.map(cardOf).find((card) => card !== null) ?? null };
}

function cardOf({ path, text }: TextFile): LicenceSources['card'] {
  const head = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text)?.[1];
  const lines = head?.split('\n') ?? [];
  const at = lines.findIndex((line) => /^licen[cs]e(_name)?\s*:/i.test(line));
  const inline = lines[at]?.replace(/^[^:]*:/, '').trim() ?? '';
  const raw = (inline || (lines[at + 1]?.replace(/^\s*-\s*/, '') ?? '')).replaceAll(/^['"[\s]+|['"\]\s]+$/g, '');
  return at < 0 || raw === '' ? null : { path, licence: licenceOf(raw), raw, line: at + 2 };
}

/** A text without the head of its card. */
export const proseOf = ({ text }: TextFile): string =>
  text.replace(/^---\r?\n[\s\S]*?\r?\n---/, (head) => head.replaceAll(/[^\n]/g, ''));

/** Licences that prose names where it speaks of licences: on such a line, or under such a heading. */
export function claimsIn(
  file: TextFile,
): (Mention & { readonly path: string; readonly isAbout: 'data' | 'code' | 'weights' | null })[] {
  const prose = proseOf(file);
  const lines = linesOf(prose);
  let isUnderHeading = false;
  const speaks = lines.map((line) => {
    if (/^#{1,6}\s/.test(line)) isUnderHeading = /licen[cs]/i.test(line);
    return isUnderHeading || /licen[cs]|许可/i.test(line);
  });
  return mentionsIn(prose)
    .filter(({ line }) => speaks[line - 1])
    .map((mention) => ({
      ...mention,
      path: file.path,
      isAbout: subjectOf(lines[mention.line - 1] ?? '', mention.raw),
    }));
}

/** What the words before a licence are about: the nearest of data, code and weights. */
function subjectOf(line: string, raw: string): 'data' | 'code' | 'weights' | null {
  const at = line.indexOf(raw);
  const clause = line.slice(0, at).split(/[.;,]/).at(-1) ?? '';
  const near = clause.trim() === '' ? line : clause;
  if (/\b(weights?|checkpoints?|models?)\b|权重/i.test(near)) return 'weights';
  if (/\b(code|software|scripts?|repository)\b|代码/i.test(near)) return 'code';
  return /\b(data|datasets?|recordings?|demonstrations?|trajector\w+|videos?)\b|数据/i.test(near) ? 'data' : null;
}
