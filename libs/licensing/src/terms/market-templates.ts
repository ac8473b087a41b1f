import type { LicenceRow } from './licence-table.js';
import type { Bilingual } from './terms.js';

/** Clauses that the market's own contracts share. A starting point for a lawyer, not legal advice. */
const GRANT: Bilingual = {
  en: 'You may do the listed uses with this version of the data, named by its hash, and nothing else.',
  zh: '您可对以哈希标识的本版本数据进行所列用途，除此之外均不允许。',
};
const COMMON = {
  contract: {
    en: 'This is a contract: its limits bind you even where no copyright or database right exists.',
    zh: '本条款为合同：即使不存在著作权或数据库权利，其限制仍对您有约束力。',
  },
  'no-recreation': {
    en: 'Do not use a model to rebuild, sell or publish the episodes.',
    zh: '不得利用模型还原、出售或发布轨迹数据。',
  },
  'no-identification': {
    en: 'Do not identify people: no matching of faces, voices or gaits.',
    zh: '不得识别个人：禁止人脸、声音或步态比对。',
  },
  safety: {
    en: 'The data is as recorded; you validate any robot that learns from it.',
    zh: '数据按采集原样提供；由其训练的机器人由您自行验证。',
  },
  'third-party-parts': {
    en: 'Embedded parts of third parties keep their own licences, which govern those parts.',
    zh: '所含第三方部分保留其自身许可，并以其为准。',
  },
  withdrawal: {
    en: 'On notice, delete the episodes named within 30 days and certify it.',
    zh: '接到通知后 30 日内删除所列轨迹并出具证明。',
  },
  'law-of-data': {
    en: 'No onward transfer to a blocked territory; each side keeps its own export filings.',
    zh: '不得转移至受限地区；双方各自负责数据出境合规。',
  },
  audit: {
    en: 'Answer a written question about use within 15 days.',
    zh: '对有关使用情况的书面询问于 15 日内答复。',
  },
  'words-and-code': {
    en: 'The machine-readable terms decide the use; the text decides everything they do not cover.',
    zh: '用途以机器可读条款为准；其未涵盖事项以文本为准。',
  },
} as const satisfies Record<string, Bilingual>;

const NO_REDISTRIBUTION: Bilingual = {
  en: 'The data, changed or unchanged, is not passed on to third parties.',
  zh: '数据无论是否修改，均不得转交第三方。',
};

/** The market's own templates, each filled in every use, so that none answers UNDECIDED. */
export const MARKET_TEMPLATES: readonly LicenceRow[] = [
  {
    id: 'LicenseRef-Bodega-Evaluation-1.0',
    aliases: ['evaluation', 'LicenseRef-Bodega-Evaluation'],
    family: 'market',
    title: { en: 'Bodega Evaluation, 30 days', zh: 'Bodega 评估许可（30 天）' },
    summary: {
      en: 'Look, load and score for 30 days to decide whether to license; nothing trained is kept.',
      zh: '30 天内查看、加载与评测以决定是否购买；不得保留任何训练成果。',
    },
    url: null,
    row: 'D wt,nu,de | F | F | F | F | F | F | F | F | D de | F | F',
    clauses: {
      ...COMMON,
      grant: GRANT,
      'evaluation-only': {
        en: 'Only evaluation is granted; models made on the way are destroyed when the term ends.',
        zh: '仅授予评估用途；过程中产生的模型须在期满时销毁。',
      },
      copies: {
        en: 'Copies within your organization serve the evaluation and are deleted at its end.',
        zh: '机构内副本仅供评估，期满删除。',
      },
      'no-redistribution': NO_REDISTRIBUTION,
      publication: {
        en: 'Scores and frames are published only with a written yes.',
        zh: '发布评分或画面须取得书面同意。',
      },
    },
    decides: {
      otherwise: 'evaluation-only',
      evaluate: 'grant',
      internal_copy: 'copies',
      redistribute_data: 'no-redistribution',
      redistribute_derivative_data: 'no-redistribution',
      share_with_affiliate: 'no-redistribution',
      benchmark_publication: 'publication',
    },
    termDays: 30,
    seats: 5,
  },
  {
    id: 'LicenseRef-Bodega-Research-1.0',
    aliases: ['research', 'LicenseRef-Bodega-Research'],
    family: 'market',
    title: { en: 'Bodega Research, two years', zh: 'Bodega 科研许可（两年）' },
    summary: {
      en: 'Non-commercial research and teaching by one team for two years; trained models may be kept, still non-commercial.',
      zh: '一个团队两年内的非商业科研与教学；训练模型可保留，但仍限非商业。',
    },
    url: null,
    row: 'A | D nc,at | F | F | D nw,at | F | F | F | D nr | D ot | F | D at,ff',
    clauses: {
      ...COMMON,
      grant: GRANT,
      noncommercial: {
        en: 'Training serves knowledge or teaching, with no commercial advantage intended by the trainer or sponsor.',
        zh: '训练服务于知识或教学，训练者与资助者均不以商业利益为目的。',
      },
      weights: {
        en: 'Weights may be released for non-commercial use, naming the dataset.',
        zh: '权重可以非商业许可发布，并注明数据集。',
      },
      labels: {
        en: 'Labels and features that cannot rebuild the episodes may be shared.',
        zh: '无法还原轨迹的标签与特征可以共享。',
      },
      copies: { en: 'Copies stay within one laboratory or team.', zh: '副本限于一个实验室或团队内。' },
      'no-redistribution': NO_REDISTRIBUTION,
      publication: {
        en: 'Scores and up to 20 frames may be published, naming the dataset.',
        zh: '可发布评分及不超过 20 帧画面，并注明数据集。',
      },
    },
    decides: {
      otherwise: 'noncommercial',
      evaluate: 'grant',
      release_weights_open: 'weights',
      redistribute_data: 'no-redistribution',
      redistribute_derivative_data: 'labels',
      internal_copy: 'copies',
      share_with_affiliate: 'no-redistribution',
      benchmark_publication: 'publication',
    },
    termDays: 730,
  },
  {
    id: 'LicenseRef-Bodega-Commercial-1.0',
    aliases: ['commercial', 'commercial-training', 'LicenseRef-Bodega-Commercial'],
    family: 'market',
    title: { en: 'Bodega Commercial Training', zh: 'Bodega 商用训练许可' },
    summary: {
      en: 'Train, fine-tune and ship products with this version, without end; the data itself is not passed on.',
      zh: '可用本版本训练、微调并交付产品，期限永久；数据本身不得转交。',
    },
    url: null,
    row: 'A | A | A | A | F | A | A | F | F | A | D la,bd | D at,ff,cf',
    clauses: {
      ...COMMON,
      grant: GRANT,
      models: {
        en: 'A model carries no claim of the provider unless it can put out recognizable episodes.',
        zh: '除非模型能够输出可辨识的轨迹，提供方对模型不主张权利。',
      },
      'no-open-weights': { en: 'Trained weights are not released to the public.', zh: '训练权重不得向公众发布。' },
      'no-redistribution': NO_REDISTRIBUTION,
      affiliates: {
        en: 'Entities that you control may use the data when listed to the provider and bound by these terms.',
        zh: '您所控制的关联方在向提供方列明并受本条款约束后可使用数据。',
      },
      publication: {
        en: 'Scores and up to 20 frames, checked for faces, may be published, naming the dataset.',
        zh: '可发布评分及不超过 20 帧、经人脸检查的画面，并注明数据集。',
      },
      warranty: {
        en: 'The provider warrants title, consent and permission of the premises.',
        zh: '提供方保证权属、同意及场所许可。',
      },
    },
    decides: {
      otherwise: 'grant',
      commercialise_model_output: 'models',
      embed_in_product: 'models',
      release_weights_open: 'no-open-weights',
      redistribute_data: 'no-redistribution',
      redistribute_derivative_data: 'no-redistribution',
      share_with_affiliate: 'affiliates',
      benchmark_publication: 'publication',
    },
  },
  {
    id: 'LicenseRef-Bodega-Exclusive-1.0',
    aliases: ['exclusive', 'exclusive-field', 'LicenseRef-Bodega-Exclusive'],
    family: 'market',
    title: { en: 'Bodega Exclusive Field of Use', zh: 'Bodega 领域独占许可' },
    summary: {
      en: 'Commercial training and products in the named fields, which the provider licenses to nobody else during the term.',
      zh: '在所列领域内的商用训练与产品部署；期限内提供方不得向他人许可该领域。',
    },
    url: null,
    row: 'A | A | A | A | F | A | A | F | F | A | D la,bd | D at',
    clauses: {
      ...COMMON,
      grant: GRANT,
      field: {
        en: 'Commercial uses are granted in the named fields and nowhere else.',
        zh: '商用用途仅限所列领域。',
      },
      exclusivity: {
        en: 'During the term neither the provider nor its other channels license the field to anyone; every earlier grant is stated. A public licence ever given on any part makes exclusivity void for that part.',
        zh: '期限内提供方及其其他渠道不得向任何人许可该领域，并须声明此前的全部授权。任何部分曾以公共许可发布的，该部分的独占无效。',
      },
      models: {
        en: 'A model carries no claim of the provider unless it can put out recognizable episodes; it survives in the field.',
        zh: '除非模型能够输出可辨识的轨迹，提供方对模型不主张权利；模型在该领域内继续有效。',
      },
      'no-synthetic-episodes': {
        en: 'Synthetic data that reproduces episodes is not sold.',
        zh: '不得出售再现轨迹的合成数据。',
      },
      'no-open-weights': { en: 'Trained weights are not released to the public.', zh: '训练权重不得向公众发布。' },
      'no-redistribution': NO_REDISTRIBUTION,
      affiliates: {
        en: 'Entities that you control, and contractors on your systems, may use the data when listed to the provider and bound.',
        zh: '您所控制的关联方及在您系统上作业的承包方，在列明并受约束后可使用数据。',
      },
      publication: { en: 'Scores may be published, naming the dataset.', zh: '可发布评分，并注明数据集。' },
      warranty: {
        en: 'The provider warrants title, consent, permission of the premises, and that no earlier grant covers the field.',
        zh: '提供方保证权属、同意、场所许可，且此前无授权覆盖该领域。',
      },
    },
    decides: {
      otherwise: 'grant',
      commercial_training: 'field',
      fine_tune: 'field',
      commercialise_model_output: 'models',
      embed_in_product: 'models',
      release_weights_open: 'no-open-weights',
      redistribute_data: 'no-redistribution',
      redistribute_derivative_data: 'no-redistribution',
      share_with_affiliate: 'affiliates',
      benchmark_publication: 'publication',
    },
    cases: [
      {
        use: 'commercialise_model_output',
        when: { outputKind: ['synthetic_data'] },
        cell: 'F',
        clause: 'no-synthetic-episodes',
      },
    ],
    termDays: 365,
    exclusivity: 'field',
    dimensions: {
      field: {
        allow: [],
        deny: [],
        uses: ['commercial_training', 'fine_tune', 'commercialise_model_output', 'embed_in_product'],
      },
      models: 'survive_in_field',
    },
  },
];
