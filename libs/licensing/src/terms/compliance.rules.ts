import { CONSENT_SCOPES } from './dimensions.js';
import type { ConsentScope, Dimensions } from './dimensions.js';
import type { Bilingual } from './terms.js';
import type { UseContext } from './use-context.js';
import type { Use } from './uses.js';

/**
 * What is known of the people and places in a dataset. It can only narrow what a licence grants. A fact that nobody stated
 * is left out here: what must be stated before listing is for the conformance profile to ask.
 */
export interface ComplianceFacts {
  readonly personalData?: 'none' | 'anonymised' | 'with_consent' | 'unknown';
  readonly faces?: 'none' | 'blurred' | 'visible' | 'unknown';
  readonly minors?: 'none' | 'under_14' | 'under_18' | 'unknown';
  readonly hasGuardianConsent?: boolean;
  readonly consentScope?: readonly string[];
  readonly premisesConsent?: 'obtained' | 'not_needed' | 'missing';
  /** Uses that contributors took back from what is held, or `all` of them. */
  readonly withdrawn?: 'all' | readonly string[];
  /** Country that the data leaves (ISO 3166-1), and the lawful route on file. */
  readonly originCountry?: string;
  readonly exportRoute?: 'not_needed' | 'standard_contract' | 'certification' | 'assessment' | 'none';
}

/** A reason outside the licence that closes a use, with the clause that tells it. */
export interface Bar {
  readonly verdict: 'FORBIDDEN' | 'UNDECIDED';
  readonly clause: Bilingual & { readonly id: string };
  /** Who can lift it, and by stating what. */
  readonly resolve: { readonly by: 'buyer' | 'provider'; readonly what: string } | null;
}

/** What the persons in the data must have agreed to before a use. */
const NEEDED_SCOPE: Readonly<Record<Use, readonly ConsentScope[]>> = {
  evaluate: [],
  internal_copy: [],
  research_training: ['research'],
  commercial_training: ['commercial'],
  fine_tune: ['commercial'],
  release_weights_open: ['derived_model'],
  commercialise_model_output: ['commercial', 'derived_model'],
  embed_in_product: ['commercial', 'derived_model'],
  redistribute_data: ['redistribution'],
  redistribute_derivative_data: ['redistribution'],
  share_with_affiliate: ['redistribution'],
  benchmark_publication: ['redistribution'],
};

const bar = (
  verdict: Bar['verdict'],
  id: string,
  en: string,
  zh: string,
  resolve: Bar['resolve'] = { by: 'provider', what: id.replace('compliance ', '') },
): Bar => ({ verdict, clause: { id, en, zh }, resolve });

/** Everything about people, places and borders that stands in the way of a use. */
export function complianceBars(facts: ComplianceFacts, use: Use, context: UseContext): Bar[] {
  const bars: Bar[] = [];
  const isAgreed = (facts.consentScope?.length ?? 0) > 0;
  if (facts.personalData === 'unknown')
    bars.push(
      bar(
        'UNDECIDED',
        'compliance personal_data',
        'Nobody says whether persons can be recognized.',
        '未说明是否可识别个人。',
      ),
    );
  if (facts.personalData === 'with_consent' && !isAgreed)
    bars.push(
      bar(
        'UNDECIDED',
        'compliance consent_scope',
        'Persons are recognizable, and nobody says what they agreed to.',
        '可识别个人，但未说明同意范围。',
      ),
    );
  if (facts.faces === 'visible' && !isAgreed)
    bars.push(
      bar(
        'FORBIDDEN',
        'compliance faces',
        'Faces are visible without separate consent (PIPL art. 28).',
        '人脸可见且无单独同意（个人信息保护法第 28 条）。',
      ),
    );
  if (facts.faces === 'unknown')
    bars.push(bar('UNDECIDED', 'compliance faces', 'Nobody says whether faces are visible.', '未说明人脸是否可见。'));
  if (facts.minors === 'under_14' && facts.hasGuardianConsent !== true)
    bars.push(
      bar(
        'FORBIDDEN',
        'compliance minors',
        'Children under 14 are seen without consent of a guardian (PIPL art. 28, 31).',
        '出现未满 14 周岁儿童且无监护人同意（个人信息保护法第 28、31 条）。',
      ),
    );
  if (facts.minors === 'unknown')
    bars.push(
      bar('UNDECIDED', 'compliance minors', 'Nobody says whether minors are seen.', '未说明是否出现未成年人。'),
    );
  if (facts.premisesConsent === 'missing')
    bars.push(bar('FORBIDDEN', 'compliance premises_consent', 'The premises gave no permission.', '场所未予许可。'));
  // An empty scope is an answer: everything was withdrawn. Nobody's silence is one.
  const lacking = facts.consentScope ? NEEDED_SCOPE[use].filter((scope) => !facts.consentScope?.includes(scope)) : [];
  if (lacking.length > 0)
    bars.push(
      bar(
        'FORBIDDEN',
        'compliance consent_scope',
        `The persons seen did not agree to: ${lacking.join(', ')}.`,
        `所涉个人未同意：${lacking.join('、')}。`,
      ),
    );
  return [...bars, ...withdrawalBars(facts, use), ...exportBars(facts, context)];
}

/** What a contributor took back is closed until its holder certifies that the episodes are deleted (clause 8 of our templates). */
function withdrawalBars({ withdrawn = [] }: ComplianceFacts, use: Use): Bar[] {
  const taken = withdrawn === 'all' ? [] : NEEDED_SCOPE[use].filter((scope) => withdrawn.includes(scope));
  if (withdrawn !== 'all' && taken.length === 0) return [];
  const [en, zh] =
    withdrawn === 'all'
      ? [
          'A contributor withdrew consent; delete the episodes of the notice and certify it.',
          '采集贡献者已撤回同意：请删除通知所列轨迹并出具证明。',
        ]
      : [
          `A contributor withdrew consent to: ${taken.join(', ')}; delete the episodes of the notice and certify it.`,
          `采集贡献者已撤回以下同意：${taken.join('、')}；请删除通知所列轨迹并出具证明。`,
        ];
  return [bar('FORBIDDEN', 'compliance withdrawal', en, zh, { by: 'buyer', what: 'deletion' })];
}

/** Personal data leaves its country only by a route that is on file. */
function exportBars(facts: ComplianceFacts, { territory }: UseContext): Bar[] {
  const { originCountry, exportRoute, personalData } = facts;
  const isPersonal = personalData !== 'none' && personalData !== undefined;
  if (originCountry === undefined || !isPersonal || (exportRoute !== undefined && exportRoute !== 'none')) return [];
  if (territory === originCountry) return [];
  const id = 'compliance export';
  const [en, zh] = [
    `No lawful route is on file for personal data to leave ${originCountry}.`,
    `个人信息出境（${originCountry}）未备案合法路径。`,
  ];
  if (territory === undefined) return [bar('UNDECIDED', id, en, zh, { by: 'buyer', what: 'territory' })];
  return [bar('FORBIDDEN', id, en, zh, { by: 'provider', what: 'export_route' })];
}

/** What terms of version 2 freeze of the persons in the data. */
export function personalDataOf({ personalData, consentScope }: ComplianceFacts): Dimensions['personalData'] {
  const isStated = personalData !== undefined && personalData !== 'unknown';
  const scope = CONSENT_SCOPES.filter((one) => consentScope?.includes(one));
  return { kind: isStated ? personalData : 'not_stated', consentScope: consentScope ? scope : null };
}
