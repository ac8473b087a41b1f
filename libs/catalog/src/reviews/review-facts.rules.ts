import { EMBODIED_V2 } from '@app/standards';
import type { DeclaredFacts } from '../datasets/declared.rules.js';
import type { TitleRow } from '../titles/title.rules.js';
import type { VersionFacts } from '../versions/listing.rules.js';
import type { VersionReport } from '../versions/report.js';
import { labelsOf } from '../vocabulary/vocabulary.js';
import type { ReviewHead } from './review.rules.js';

/** What a machine can say before a person decides. `unknown` never counts as good. */
export interface ReviewFact {
  readonly code: string;
  readonly zh: string;
  readonly en: string;
  readonly result: 'good' | 'bad' | 'unknown';
  readonly value: string | null;
}

/** What is on record of the dataset and version under review. */
export interface ReviewedThing {
  readonly titleZh: string | null;
  readonly titleEn: string | null;
  readonly summaryZh: string | null;
  readonly summaryEn: string | null;
  readonly providerVerifiedAt: Date | null;
  readonly declared: DeclaredFacts;
  readonly facts: VersionFacts | null;
  readonly report: VersionReport | null;
  readonly titles: readonly TitleRow[];
}

/** Facts by head. Of tradability the catalogue knows the title alone; offers and verdicts are licensing's to add. */
export function reviewFacts(thing: ReviewedThing): Record<ReviewHead, ReviewFact[]> {
  const rules = ruleFacts(thing.report);
  return {
    basic_information: [...words(thing), ...measures(thing), ...rules.filter(({ code }) => !isLegal(code))],
    legality: [...people(thing.declared), ...rules.filter(({ code }) => isLegal(code)), ...titles(thing)],
    tradability: [titleRight(thing.declared)],
  };
}

const isLegal = (rule: string): boolean => rule.startsWith('CO-');

const stated = (code: string, zh: string, en: string, value: string | null | undefined): ReviewFact => ({
  code,
  zh,
  en,
  result: value ? 'good' : 'unknown',
  value: value ?? null,
});

function words(thing: ReviewedThing): ReviewFact[] {
  return [
    stated('title', '名称', 'Title', thing.titleZh ?? thing.titleEn),
    stated('summary', '简介', 'Summary', thing.summaryZh ?? thing.summaryEn),
    stated('provider_verified', '提供方已核实', 'Provider verified', thing.providerVerifiedAt?.toISOString()),
    stated('contact', '联系方式', 'Contact', thing.declared.contact),
  ];
}

function measures({ facts, report }: ReviewedThing): ReviewFact[] {
  const measured = facts?.measured;
  const grade = report?.grade;
  return [
    stated('format', '格式（实测）', 'Format (measured)', measured && `${measured.format} ${measured.formatVersion}`),
    stated('episodes', '轨迹数（实测）', 'Episodes (measured)', measured && String(measured.episodes)),
    stated('duration_s', '总时长秒（实测）', 'Duration in seconds (measured)', measured && String(measured.durationS)),
    stated('size_bytes', '字节数（实测）', 'Bytes (measured)', measured && String(measured.bytes)),
    stated('grade', '质量等级', 'Grade', grade === 'U' ? null : grade),
  ];
}

/** Rules that do not apply say nothing to a reviewer. */
function ruleFacts(report: VersionReport | null): ReviewFact[] {
  const results = { pass: 'good', fail: 'bad', not_checked: 'unknown', not_applicable: null } as const;
  return (report?.rules ?? []).flatMap(({ rule, result: outcome, message }) => {
    const result = results[outcome];
    const title = EMBODIED_V2.rules.find(({ id }) => id === rule)?.title ?? { zh: rule, en: rule };
    return result === null ? [] : [{ code: rule, zh: title.zh, en: title.en, result, value: message }];
  });
}

function people(declared: DeclaredFacts): ReviewFact[] {
  const told = (
    code: string,
    zh: string,
    en: string,
    value: string | undefined,
    bad: readonly string[],
  ): ReviewFact => ({
    code,
    zh,
    en,
    result: value === undefined || value === 'unknown' ? 'unknown' : bad.includes(value) ? 'bad' : 'good',
    value: value ?? null,
  });
  const { consentScope, personalData } = declared;
  return [
    told('personal_data', '个人信息', 'Personal data', personalData, []),
    told('faces', '人脸', 'Faces', declared.faces, ['visible']),
    told(
      'minors',
      '未成年人',
      'Minors',
      declared.minors,
      declared.guardianConsent === 'obtained' ? [] : ['under_14', 'under_18'],
    ),
    told('consent_scope', '同意范围', 'Consent scope', consentScope?.join(', ') || undefined, []),
    told('premises_consent', '场所同意', 'Consent of the premises', declared.premisesConsent, ['missing']),
    told('export', '出境', 'Export', declared.export && `${declared.export.origin}: ${declared.export.route}`, [
      `${declared.export?.origin ?? ''}: none`,
    ]),
  ];
}

function titles({ titles: registered }: ReviewedThing): ReviewFact[] {
  return registered.map(({ number, issuer, standing }) => ({
    code: 'title_registration',
    zh: '权属登记',
    en: 'Registered title',
    result: standing === 'valid' ? 'good' : 'bad',
    value: `${issuer} ${number}: ${standing}`,
  }));
}

function titleRight({ titleRight: code }: DeclaredFacts): ReviewFact {
  const labels = code === undefined ? null : labelsOf('title_right', code);
  return stated('title_right', '数据权属（声明）', 'Title right (declared)', labels && `${labels.zh} ${labels.en}`);
}
