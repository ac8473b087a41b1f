import type { TextFile } from '../evidence.js';
import { isPermissive, isSoftwareLicence, isVague, licenceOf, linesOf, mentionsIn } from './licence-mentions.js';
import { CONTRADICTIONS } from './patterns.js';
import type { ContradictionPattern, ContradictionSeverity } from './patterns.js';
import { claimsIn, proseOf, sourcesOf } from './sources.js';

/** Two or more texts that cannot both be right, or one that settles less than it seems to. */
export interface Contradiction {
  readonly pattern: ContradictionPattern;
  readonly severity: ContradictionSeverity;
  /** The exact strings, each with its place. */
  readonly sources: readonly { readonly where: string; readonly said: string }[];
  readonly sentence: string;
}

/** What the texts are held against. */
export interface LicenceClaim {
  readonly texts: readonly TextFile[];
  /** The licence that the provider declares, as he wrote it. */
  readonly declared: string | null;
  readonly hasPictures?: boolean;
  readonly consentScope?: readonly string[];
  /** The licence of the version before. */
  readonly previous?: string | null;
}

type Source = Contradiction['sources'][number];
type Report = (pattern: ContradictionPattern, sources: readonly Source[]) => void;

interface Case {
  readonly declared: string | null;
  readonly declaredRaw: Source | null;
  readonly card: (Source & { readonly licence: string }) | null;
  readonly files: readonly (Source & { readonly licence: string; readonly text: string })[];
  readonly claims: readonly (Source & {
    readonly licence: string;
    readonly isAbout: 'data' | 'code' | 'weights' | null;
  })[];
  /** The licence that stands on the data, as far as anyone says. */
  readonly licence: string | null;
  readonly lines: readonly (Source & { readonly text: string })[];
  readonly claim: LicenceClaim;
}

const MAX_SAID = 160;

/** Every contradiction between what is declared and what the texts say. Pure; the texts are untrusted. */
export function contradictions(claim: LicenceClaim): Contradiction[] {
  const found: Contradiction[] = [];
  const report: Report = (pattern, sources) => {
    const { severity, sentence } = CONTRADICTIONS[pattern];
    if (!found.some((one) => one.pattern === pattern))
      found.push({ pattern, severity, sources: sources.map(({ where, said }) => ({ where, said })), sentence });
  };
  const of = caseOf(claim);
  for (const look of [lookAtNames, lookAtScope, lookAtWords, lookAtKind]) look(of, report);
  return found.sort((a, b) => Number(a.pattern.slice(1)) - Number(b.pattern.slice(1)));
}

/** Those that block a release. */
export const isBlocking = ({ severity }: Contradiction): boolean => severity === 'block';

function caseOf(claim: LicenceClaim): Case {
  const { readme, licenceFiles, card } = sourcesOf(claim.texts);
  const declared = claim.declared === null ? null : licenceOf(claim.declared);
  const files = licenceFiles.map(({ path, text }) => {
    const licence = fingerprint(text);
    return { where: path, said: licence, licence, text };
  });
  const claims = readme.flatMap((file) =>
    claimsIn(file).map(({ path, line, raw, licence, isAbout }) => ({
      where: `${path}:${line}`,
      said: raw,
      licence,
      isAbout,
    })),
  );
  const data = claims.find(({ isAbout }) => isAbout === 'data');
  return {
    declared,
    declaredRaw: claim.declared === null ? null : { where: 'declared', said: claim.declared },
    card: card && { where: `${card.path}:${card.line}`, said: card.raw, licence: card.licence },
    files,
    claims,
    licence: declared ?? card?.licence ?? data?.licence ?? files[0]?.licence ?? claims[0]?.licence ?? null,
    lines: readme.flatMap((file) =>
      linesOf(proseOf(file)).map((text, i) => ({
        where: `${file.path}:${i + 1}`,
        said: text.trim().slice(0, MAX_SAID),
        text,
      })),
    ),
    claim,
  };
}

/** The licence that a file holds, by its text: its name may lie. */
function fingerprint(text: string): string {
  const head = text.slice(0, 20_000);
  if (/permission is hereby granted, free of charge/i.test(head)) return 'MIT';
  if (/apache license\s+version 2\.0/i.test(head)) return 'Apache-2.0';
  if (/redistribution and use in source and binary forms/i.test(head))
    return /neither the name/i.test(head) ? 'BSD-3-Clause' : 'BSD-2-Clause';
  return mentionsIn(head)[0]?.licence ?? 'custom';
}

/** C1, C5, C10, C12, C16: the names themselves. */
function lookAtNames({ declared, declaredRaw, card, files, claims, claim }: Case, report: Report): void {
  const ofData = claims.filter(({ isAbout }) => isAbout === 'data');
  const general = claims.filter(({ isAbout }) => isAbout === null);
  const kinds = new Set(ofData.map(({ licence }) => licence));
  if (kinds.size > 1) report('C10', ofData);
  const contents = files.filter(({ licence }) => licence !== 'custom' && !isSoftwareLicence(licence));
  const names = [
    ...(declared !== null && declaredRaw ? [{ ...declaredRaw, licence: declared }] : []),
    ...(card ? [card] : []),
    ...(kinds.size === 1 ? ofData.slice(0, 1) : []),
    ...(kinds.size === 0 ? general.filter(({ licence }) => !isSoftwareLicence(licence)).slice(0, 1) : []),
    ...contents.slice(0, 1),
  ].filter(({ licence }) => !isVague(licence));
  if (names.some(({ licence }) => !isSame(licence, names[0]?.licence ?? ''))) report('C1', names);
  const vague = [
    ...(declared !== null && declaredRaw ? [{ ...declaredRaw, licence: declared }] : []),
    ...(card ? [card] : []),
  ];
  const nothing = vague.filter(({ licence }) => isVague(licence));
  if (nothing.length > 0 && (nothing.length === vague.length || isVague(declared ?? ''))) report('C16', nothing);
  if (card && declared === null && files.length === 0 && ofData.length === 0) report('C5', [card]);
  const { previous } = claim;
  const isChanged = previous && declared !== null && !isSame(licenceOf(previous), declared);
  if (isChanged && declaredRaw) report('C12', [{ where: 'earlier version', said: previous }, declaredRaw]);
}

/** A market's template is named with and without its version. */
function isSame(one: string, other: string): boolean {
  const plain = (name: string): string => name.toLowerCase().replace(/^(licenseref-bodega-[a-z]+)-[\d.]+$/, '$1');
  return plain(one) === plain(other);
}

/** C3, C4, C13, C14: what the licence covers, and what stands beside it. */
function lookAtScope({ declared, declaredRaw, card, files, claims, licence, lines }: Case, report: Report): void {
  const all = [...(card ? [card] : []), ...files, ...claims];
  const said = all.filter((one) => one.licence !== 'custom');
  const isOnlySoftware = said.length > 0 && said.every((one) => isSoftwareLicence(one.licence));
  const isSaidOfData = claims.some(({ isAbout }) => isAbout === 'data');
  if (isOnlySoftware && !isSaidOfData && (declared === null || isSoftwareLicence(declared))) report('C3', said);
  const agreement = lines.find(({ text }) => AGREEMENT.test(text));
  if (agreement && licence && isPermissive(licence)) report('C4', [named(declaredRaw, card, said), agreement]);
  const weights = claims.find((one) => one.isAbout === 'weights' && isPermissive(one.licence));
  if (weights && licence && /-NC\b/.test(licence)) report('C13', [named(declaredRaw, card, said), weights]);
  const isSold = declared !== null && /^licenseref-bodega-(commercial|exclusive)/i.test(declared);
  const open = said.find((one) => isPublic(one.licence) && !isSoftwareLicence(one.licence));
  if (isSold && open && declaredRaw) report('C14', [declaredRaw, open]);
}

const AGREEMENT =
  /\b(sign(ed|ing)?|complete|accept|submit|execute)\b.{0,60}\b(licen[cs]e|data[- ]use|usage|access|transfer)\s+(agreement|form)|\bdata[- ]use agreement\b/i;
const isPublic = (licence: string): boolean => /^(CC|ODbL|ODC|PDDL|CDLA|O-UDA|C-UDA)/i.test(licence);
const named = (declared: Source | null, card: Source | null, said: readonly Source[]): Source =>
  declared ?? card ?? said[0] ?? { where: 'nowhere', said: '' };

/** Words beside a licence: pattern, the words, and the licences that they speak against. */
const WORDS: readonly (readonly [ContradictionPattern, RegExp, (licence: string) => boolean])[] = [
  ['C2', /\b(re-?host(ed)?|re-?upload(ed)?|unofficial (copy|mirror|upload)|mirror(ed)?( copy)? of)\b/i, () => true],
  [
    'C6',
    /\b(aggregat\w+|collection|combin\w+|merge[ds]?|mix(ture)?|compil\w+)\b.{0,40}\b(\d{2,}|many|multiple|several)\b.{0,30}\b(data ?sets|sources)\b|\bopen x-embodiment\b/i,
    () => true,
  ],
  ['C7', /\b(original|respective|upstream)\b.{0,20}\blicen[cs]es?\b/i, isPermissive],
  [
    'C8',
    /\badditional restrictions?\b|\bno[nt]?[- ]redistribut\w*|\b(research|academic|education\w*)[- ](use |purposes? )?only\b|\bnon-?commercial (use |purposes? )?only\b|\bnot for commercial\b|\bonly for (research|non-?commercial)\b/i,
    isPermissive,
  ],
  [
    'C9',
    /\bconsent\w*\b.{0,60}\b(research|academic|study)\b|\b(participants|subjects|contributors|volunteers)\b.{0,40}\b(agreed|consented)\b.{0,40}\bresearch\b/i,
    isPermissive,
  ],
  [
    'C18',
    /\b(convert|re-?label|re-?annotat|resampl|crop|merg|filter)(ed|ing|led)\b/i,
    (licence) => /-ND\b/.test(licence),
  ],
  [
    'C19',
    /\b(academic (use|institutions?|users?|research)|institutional e-?mail|students|universit(y|ies))\b/i,
    (licence) => /-NC\b/.test(licence),
  ],
  ['C20', /\bno-?ai\b|\btdm-reservation\b\s*:\s*1|\bno (ai|machine[- ]learning) training\b/i, isPermissive],
];

/** C2, C6 to C9, C18 to C20: words that narrow, move or take back what the licence says. */
function lookAtWords({ lines, licence, declaredRaw, card, claims, claim }: Case, report: Report): void {
  if (licence === null) return;
  const scope = claim.consentScope;
  const beside = named(declaredRaw, card, claims);
  if (scope && scope.length > 0 && scope.every((one) => one === 'research') && isPermissive(licence))
    report('C9', [beside, { where: 'declared consentScope', said: scope.join(', ') }]);
  for (const [pattern, words, isAgainst] of WORDS) {
    if (!isAgainst(licence)) continue;
    const line = lines.find(({ text }) => words.test(text) && !isDenied(text, words));
    if (line) report(pattern, [beside, { where: line.where, said: line.said }]);
  }
}

/** "This is not a re-upload", "no additional restrictions": the word is there to be denied. */
function isDenied(text: string, words: RegExp): boolean {
  const at = words.exec(text)?.index ?? 0;
  return /\b(not (a|an)|no|without( any)?|never)\s*$/i.test(text.slice(0, at));
}

/** C11, C15, C17: the kind of the licence itself. */
function lookAtKind({ files, card, declaredRaw, declared, claims, licence, claim, lines }: Case, report: Report): void {
  const said = [
    ...(declared !== null && declaredRaw ? [{ ...declaredRaw, licence: declared }] : []),
    ...(card ? [card] : []),
    ...files,
  ];
  const community = [...files.map(({ where, text }) => ({ where, text })), ...lines].find(({ text }) =>
    /community license agreement/i.test(text),
  );
  const inside = [...files, ...claims].find((one) => /^CC-BY/.test(one.licence));
  if (community && inside) report('C11', [{ where: community.where, said: 'COMMUNITY LICENSE AGREEMENT' }, inside]);
  const rail = said.find((one) => one.licence === 'LicenseRef-RAIL-M');
  if (rail) report('C15', [rail]);
  const isWithContents =
    [...said, ...claims].some((one) => /DbCL|contents.{0,20}licen[cs]/i.test(one.said)) ||
    lines.some(({ text }) => /\bDbCL\b|\bcontents\b.{0,40}\blicen[cs]ed?\b/i.test(text));
  if (licence === 'ODbL-1.0' && claim.hasPictures && !isWithContents) report('C17', [named(declaredRaw, card, said)]);
}
