import { CONSENT_SCOPES } from '../terms/dimensions.js';
import { DUTIES, DUTY_SENTENCES } from '../terms/duties.js';
import { FIELDS_OF_USE, FIELD_TITLES } from '../terms/fields-of-use.js';
import type { Bilingual } from '../terms/terms.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import { INCLUDED_IN, isProfileDuty, policyContext } from './odrl-names.js';

/** What each use is, for those who meet it in a policy: label and definition. */
const USE_DEFINITIONS: Readonly<Record<Use, readonly [label: Bilingual, definition: Bilingual]>> = {
  evaluate: [
    { en: 'evaluate', zh: '评估' },
    { en: 'Look at the data, load it and score with it, in order to judge it.', zh: '为判断数据而查看、加载并评测。' },
  ],
  research_training: [
    { en: 'train for research', zh: '科研训练' },
    { en: 'Train models whose purpose is knowledge or teaching.', zh: '以知识或教学为目的训练模型。' },
  ],
  commercial_training: [
    { en: 'train commercially', zh: '商用训练' },
    { en: 'Train models for a commercial purpose.', zh: '以商业目的训练模型。' },
  ],
  fine_tune: [
    { en: 'fine-tune', zh: '微调' },
    { en: 'Adapt a model that is already trained, for a commercial purpose.', zh: '以商业目的调整已训练的模型。' },
  ],
  release_weights_open: [
    { en: 'release weights', zh: '公开权重' },
    { en: 'Make weights trained on the data available to the public.', zh: '向公众提供由数据训练的权重。' },
  ],
  commercialise_model_output: [
    { en: 'commercialise output', zh: '输出商用' },
    { en: 'Earn with what a model trained on the data puts out.', zh: '利用由数据训练的模型的输出获利。' },
  ],
  embed_in_product: [
    { en: 'embed in a product', zh: '产品部署' },
    { en: 'Ship a model trained on the data inside a product.', zh: '在产品中部署由数据训练的模型。' },
  ],
  redistribute_data: [
    { en: 'redistribute the data', zh: '再分发数据' },
    { en: 'Pass the data on to third parties, unchanged.', zh: '将数据原样转交第三方。' },
  ],
  redistribute_derivative_data: [
    { en: 'redistribute derived data', zh: '再分发衍生数据' },
    { en: 'Pass on data that is made from the data.', zh: '转交由数据加工而成的数据。' },
  ],
  internal_copy: [
    { en: 'copy internally', zh: '内部复制' },
    { en: 'Copy the data within the licensed organization.', zh: '在被许可机构内部复制数据。' },
  ],
  share_with_affiliate: [
    { en: 'share with affiliates', zh: '与关联方共享' },
    {
      en: 'Give the data to entities under common control, or to contractors.',
      zh: '向受同一控制的实体或承包方提供数据。',
    },
  ],
  benchmark_publication: [
    { en: 'publish benchmarks', zh: '发布评测' },
    { en: 'Publish scores, and frames that show what was scored.', zh: '发布评测结果及说明性画面。' },
  ],
};

const OPERANDS: Readonly<Record<string, Bilingual>> = {
  actor: { en: 'Who the user is: academic, company or individual.', zh: '使用者身份：学术机构、企业或个人。' },
  outputKind: {
    en: 'What a model puts out: control, labels or synthetic data.',
    zh: '模型输出：控制、标签或合成数据。',
  },
  weightsLicence: { en: 'SPDX id of the licence that trained weights carry.', zh: '训练权重所附许可的 SPDX 标识。' },
  isUnlocked: {
    en: 'No technical lock keeps users of a product from the weights.',
    zh: '无技术措施阻止产品用户取得权重。',
  },
  seats: { en: 'How many named users may act.', zh: '可使用的列名用户数。' },
  clearance: {
    en: 'Which checks of people, places and borders are cleared. A permission that waits for one permits nothing until then.',
    zh: '已通过的人员、场所与出境检查；未通过前许可不生效。',
  },
};

const PROPERTIES: Readonly<Record<string, Bilingual>> = {
  undecided: {
    en: 'Uses that the terms leave open, each with the deciding clause. They are neither permitted nor prohibited: who needs one asks the rightsholder.',
    zh: '条款未作决定的用途及其依据条款；既不许可也不禁止，需向权利人确认。',
  },
  use: { en: 'The use that is undecided.', zh: '未决的用途。' },
  decidedBy: { en: 'Id of the clause that decides a rule.', zh: '决定该规则的条款编号。' },
  resolvedBy: {
    en: 'What the rightsholder would have to declare to decide the use.',
    zh: '权利人为明确该用途所需作出的声明。',
  },
  contested: {
    en: 'Readers of the licence disagree; the stricter duty is stated.',
    zh: '对许可的解读存在分歧，按更严格的义务表述。',
  },
  clause: { en: 'A clause of the terms.', zh: '条款。' },
  clauseId: { en: 'Its id.', zh: '条款编号。' },
  text: { en: 'Its sentence.', zh: '条款语句。' },
  limit: {
    en: 'Limits of the terms, as they stand on each permission that they limit.',
    zh: '条款的限制，与各许可上的限制一致。',
  },
  limitedUse: { en: 'Uses that the fields of use limit.', zh: '受应用领域限制的用途。' },
  template: { en: 'SPDX id or LicenseRef of the licence that the terms are made from.', zh: '条款所依据许可的标识。' },
  termsVersion: { en: 'Version of the schema of the terms.', zh: '条款模式的版本。' },
  termsHash: { en: 'SHA-256 of the terms as canonical JSON.', zh: '条款规范 JSON 的 SHA-256。' },
  termsScope: { en: 'What the terms cover.', zh: '条款的适用对象。' },
  textSha256: { en: 'SHA-256 of the text that people accept.', zh: '供人阅读文本的 SHA-256。' },
  textUrl: { en: 'Where the full text of the licence is.', zh: '许可全文的地址。' },
  personsAtFreezing: {
    en: 'What was said of persons in the data when the terms were frozen.',
    zh: '条款固定时关于数据中人员的说明。',
  },
  personsAndPlaces: {
    en: 'What the provider says now of people, places and borders.',
    zh: '提供方现时关于人员、场所与出境的说明。',
  },
  personalData: { en: 'Whether persons can be recognized.', zh: '是否可识别个人。' },
  consentScope: { en: 'What the persons agreed to.', zh: '个人同意的范围。' },
  faces: { en: 'Whether faces are visible.', zh: '人脸是否可见。' },
  minors: { en: 'Whether minors are seen.', zh: '是否出现未成年人。' },
  hasGuardianConsent: { en: 'Whether a guardian agreed.', zh: '监护人是否同意。' },
  premisesConsent: { en: 'Whether the premises gave permission.', zh: '场所是否许可。' },
  originCountry: { en: 'Country that personal data leaves.', zh: '个人信息的出境国。' },
  exportRoute: { en: 'The lawful route on file.', zh: '已备案的出境路径。' },
  models: { en: 'What becomes of trained models when the term ends.', zh: '期满后训练模型的处置。' },
  declarations: { en: 'What the rightsholder permits beside the licence.', zh: '权利人在许可之外的声明。' },
  needsApproval: { en: 'The provider decides on each request.', zh: '须经提供方逐一批准。' },
  per: { en: 'What the price is for: dataset, hour or episode.', zh: '计价单位：数据集、小时或轨迹。' },
};

const CONCEPTS: Readonly<Record<string, Bilingual>> = {
  commercial: { en: 'A commercial purpose.', zh: '商业目的。' },
  noncommercial_purpose: { en: 'A purpose that is not commercial.', zh: '非商业目的。' },
  field_none: { en: 'No field of use at all.', zh: '无任何应用领域。' },
  nowhere: { en: 'No country at all.', zh: '无任何国家或地区。' },
  consent_to_nothing: { en: 'The persons agreed to nothing.', zh: '个人未同意任何用途。' },
  licensed_data: { en: 'The data that the terms are attached to.', zh: '条款所附的数据。' },
  actor_academic: { en: 'An academic user.', zh: '学术使用者。' },
  actor_company: { en: 'A company.', zh: '企业。' },
  actor_individual: { en: 'An individual.', zh: '个人。' },
  output_control: { en: 'A model that puts out control.', zh: '输出控制的模型。' },
  output_labels: { en: 'A model that puts out labels.', zh: '输出标签的模型。' },
  output_synthetic_data: { en: 'A model that puts out synthetic data.', zh: '输出合成数据的模型。' },
  recipient_subsidiary: { en: 'A subsidiary.', zh: '子公司。' },
  recipient_parent_or_sister: { en: 'A parent or sister company.', zh: '母公司或兄弟公司。' },
  recipient_contractor: { en: 'A contractor.', zh: '承包方。' },
  recipient_third_party: { en: 'Any third party.', zh: '任何第三方。' },
};

const CONSENT: Readonly<Record<(typeof CONSENT_SCOPES)[number], Bilingual>> = {
  research: { en: 'Research.', zh: '科研。' },
  commercial: { en: 'Commercial use.', zh: '商业使用。' },
  redistribution: { en: 'Passing the data on.', zh: '转交数据。' },
  derived_model: { en: 'Models made from the data.', zh: '由数据产生的模型。' },
};

const inBoth = ({ en, zh }: Bilingual): object[] => [
  { '@value': en, '@language': 'en' },
  { '@value': zh, '@language': 'zh' },
];

/**
 * The market's ODRL profile: every use as an action, the duties that ODRL has no word for, the left operands and values of
 * limits, and the properties that carry the rest of the terms.
 * @see https://www.w3.org/TR/odrl-model/#profile
 */
export function profileDocument(profile: string): Record<string, unknown> {
  const concept = (
    name: string,
    types: readonly string[],
    label: Bilingual,
    definition: Bilingual,
    more = {},
  ): object => ({
    '@id': `bdg:${name}`,
    '@type': [...types, 'skos:Concept'],
    'rdfs:label': inBoth(label),
    'skos:definition': inBoth(definition),
    'skos:inScheme': { '@id': profile },
    ...more,
  });
  const named = (name: string): Bilingual => ({ en: name.replaceAll('_', ' '), zh: name.replaceAll('_', ' ') });
  const within = (action: string): object => ({ 'odrl:includedIn': { '@id': action } });
  return {
    '@context': policyContext(profile),
    '@graph': [
      {
        '@id': profile,
        '@type': ['odrl:Profile', 'skos:ConceptScheme'],
        'rdfs:label': inBoth({ en: 'Uses of robot data, version 1', zh: '机器人数据用途（第 1 版）' }),
        'skos:scopeNote': inBoth({
          en: 'A use that a policy neither permits nor prohibits is undecided, and must be treated as not permitted. Conflicts are resolved by prohibition.',
          zh: '策略既未许可也未禁止的用途为未决，应视为不许可；冲突以禁止为准。',
        }),
      },
      ...USES.map((use) =>
        concept(use, ['odrl:Action'], ...USE_DEFINITIONS[use], {
          ...within(INCLUDED_IN[use]),
          ...(use.includes('train') || use === 'fine_tune'
            ? { 'skos:closeMatch': { '@id': 'https://w3c.github.io/odrl/ai-vocab/#ai-training' } }
            : {}),
        }),
      ),
      ...DUTIES.filter(isProfileDuty).map((duty) =>
        concept(duty, ['odrl:Action'], named(duty), DUTY_SENTENCES[duty], within('odrl:use')),
      ),
      ...Object.entries(OPERANDS).map(([name, said]) => concept(name, ['odrl:LeftOperand'], named(name), said)),
      ...Object.entries(PROPERTIES).map(([name, said]) => concept(name, ['rdf:Property'], named(name), said)),
      ...Object.entries(CONCEPTS).map(([name, said]) => concept(name, ['odrl:RightOperand'], named(name), said)),
      ...FIELDS_OF_USE.map((field) =>
        concept(`field_${field}`, ['odrl:RightOperand'], FIELD_TITLES[field], FIELD_TITLES[field]),
      ),
      ...CONSENT_SCOPES.map((scope) => concept(`scope_${scope}`, ['odrl:RightOperand'], named(scope), CONSENT[scope])),
      ...['UndecidedUse', 'Clause', 'PersonalDataStatement', 'ComplianceStatement'].map((name) => ({
        '@id': `bdg:${name}`,
        '@type': 'rdfs:Class',
        'rdfs:label': name,
      })),
    ],
  };
}
