import type { LicenceRow } from './licence-table.js';
import type { Bilingual } from './terms.js';
import { USES } from './uses.js';
import type { Use } from './uses.js';

const NOTHING_GRANTED = 'U | U | U | U | U | U | U | U | U | U | U | U';
const resolvedBy = (declaration: string): Record<Use, string> =>
  Object.fromEntries(USES.map((use) => [use, declaration])) as Record<Use, string>;

const ODBL_WEIGHTS: Bilingual = {
  en: 'Sections 1 and 4: whether weights are a produced work or a derivative database that keeps the licence is open.',
  zh: '第 1、4 条：权重属于衍生作品还是须沿用许可的衍生数据库，尚无定论。',
};
const RESULTS_FREE = 'results, trained models included, are free of conditions';
const RESULTS_FREE_ZH = '成果（含训练模型）不附条件';

/** Licences written for databases and data, and those that say nothing about them. Not legal advice. */
export const DATA_LICENCES: readonly LicenceRow[] = [
  {
    id: 'ODbL-1.0 AND DbCL-1.0',
    aliases: ['ODbL-1.0+contents'],
    family: 'public',
    title: { en: 'Open Database License 1.0 with a licence for the contents', zh: '开放数据库许可 1.0（含内容许可）' },
    summary: {
      en: 'Any use; a database that is shared keeps the licence.',
      zh: '任何用途；共享的数据库须沿用本许可。',
    },
    url: 'https://opendatacommons.org/licenses/odbl/1-0/',
    row: 'A | A | A | A | U | U | U | D nt,sa,tp | D nt,sa,tp | A | D nt,sa | D pn',
    clauses: {
      'ODbL-1.0 §3.1': {
        en: 'Section 3.1: extraction, re-use and derivative databases are licensed for any purpose.',
        zh: '第 3.1 条：允许以任何目的提取、再利用及制作衍生数据库。',
      },
      'ODbL-1.0 §4.5(c)': {
        en: 'Section 4.5(c): use within the organization is not use by the public, so share-alike spares it.',
        zh: '第 4.5(c) 条：组织内部使用不属于公开使用，不触发相同方式共享。',
      },
      'ODbL-1.0 §4.4': {
        en: 'Sections 4.2 to 4.7: what is passed on keeps the notices and the licence, and no lock without an open twin.',
        zh: '第 4.2 至 4.7 条：转交时保留声明与许可，且不得仅提供受技术限制的副本。',
      },
      'ODbL-1.0 §4.3': {
        en: 'Section 4.3: a notice with a produced work that is used publicly.',
        zh: '第 4.3 条：公开使用的成果须附声明。',
      },
      'ODbL-1.0 §1 weights': ODBL_WEIGHTS,
    },
    decides: {
      otherwise: 'ODbL-1.0 §3.1',
      research_training: 'ODbL-1.0 §4.5(c)',
      commercial_training: 'ODbL-1.0 §4.5(c)',
      fine_tune: 'ODbL-1.0 §4.5(c)',
      release_weights_open: 'ODbL-1.0 §1 weights',
      commercialise_model_output: 'ODbL-1.0 §1 weights',
      embed_in_product: 'ODbL-1.0 §1 weights',
      redistribute_data: 'ODbL-1.0 §4.4',
      redistribute_derivative_data: 'ODbL-1.0 §4.4',
      internal_copy: 'ODbL-1.0 §4.5(c)',
      share_with_affiliate: 'ODbL-1.0 §4.4',
      benchmark_publication: 'ODbL-1.0 §4.3',
    },
    resolve: {
      release_weights_open: 'weights_policy',
      commercialise_model_output: 'outputs_policy',
      embed_in_product: 'weights_policy',
    },
    cases: [
      {
        use: 'release_weights_open',
        when: { weightsLicence: ['ODbL-1.0'] },
        cell: 'D nt,sa',
        clause: 'ODbL-1.0 §4.4',
      },
      {
        use: 'share_with_affiliate',
        when: { recipient: ['subsidiary'] },
        cell: 'A',
        clause: 'ODbL-1.0 §4.5(c)',
      },
    ],
  },
  {
    id: 'ODbL-1.0',
    aliases: ['odbl'],
    family: 'public',
    title: { en: 'Open Database License 1.0, contents not licensed', zh: '开放数据库许可 1.0（未许可内容）' },
    summary: {
      en: 'The database is licensed; pictures and other contents in it are not.',
      zh: '仅许可数据库；其中的图像等内容未获许可。',
    },
    url: 'https://opendatacommons.org/licenses/odbl/1-0/',
    row: NOTHING_GRANTED,
    clauses: {
      'ODbL-1.0 §2.4': {
        en: 'Section 2.4: the licence does not cover any rights in individual contents.',
        zh: '第 2.4 条：本许可不涵盖单项内容的任何权利。',
      },
    },
    decides: { otherwise: 'ODbL-1.0 §2.4' },
    resolve: resolvedBy('contents_licence'),
  },
  {
    id: 'CDLA-Sharing-1.0',
    aliases: ['cdla-sharing'],
    family: 'public',
    title: { en: 'Community Data License Agreement, Sharing 1.0', zh: '社区数据许可协议 共享版 1.0' },
    summary: {
      en: `Any use; ${RESULTS_FREE}; data that is shared keeps the agreement.`,
      zh: `任何用途；${RESULTS_FREE_ZH}；共享的数据须沿用本协议。`,
    },
    url: 'https://cdla.dev/sharing-1-0/',
    row: 'A | A | A | A | A | A | A | D at,nt,sa | D at,nt,ch,sa | A | A | A',
    clauses: {
      'CDLA-Sharing-1.0 §2.1': { en: 'Section 2.1: data may be used and shared.', zh: '第 2.1 条：可使用和共享数据。' },
      'CDLA-Sharing-1.0 §3.5': {
        en: 'Sections 1.11 and 3.5: results with no more than a de minimis portion of the data carry no duty.',
        zh: '第 1.11、3.5 条：所含数据不超过微量的成果不附义务。',
      },
      'CDLA-Sharing-1.0 §3.1': {
        en: 'Sections 3.1 and 3.3: published data, also enhanced, goes out under this agreement unmodified.',
        zh: '第 3.1、3.3 条：发布的数据（含增强数据）须原样适用本协议。',
      },
      'CDLA-Sharing-1.0 §1.6': {
        en: 'Sections 1.6 and 1.9: entities under common control are one, so sharing among them is no publishing.',
        zh: '第 1.6、1.9 条：同一控制下的实体视为一体，内部共享不属于发布。',
      },
    },
    decides: {
      otherwise: 'CDLA-Sharing-1.0 §2.1',
      release_weights_open: 'CDLA-Sharing-1.0 §3.5',
      commercialise_model_output: 'CDLA-Sharing-1.0 §3.5',
      embed_in_product: 'CDLA-Sharing-1.0 §3.5',
      redistribute_data: 'CDLA-Sharing-1.0 §3.1',
      redistribute_derivative_data: 'CDLA-Sharing-1.0 §3.1',
      share_with_affiliate: 'CDLA-Sharing-1.0 §1.6',
      benchmark_publication: 'CDLA-Sharing-1.0 §3.5',
    },
  },
  {
    id: 'O-UDA-1.0',
    aliases: ['o-uda'],
    family: 'public',
    title: { en: 'Open Use of Data Agreement 1.0', zh: '开放数据使用协议 1.0' },
    summary: {
      en: `Any use; ${RESULTS_FREE}; not meant for personal data.`,
      zh: `任何用途；${RESULTS_FREE_ZH}；不适用于个人信息。`,
    },
    url: 'https://github.com/microsoft/Open-Use-of-Data-Agreement',
    row: 'A | A | A | A | A | A | A | D at,di | D at,di | A | D at,di | A',
    clauses: {
      'O-UDA-1.0 §2.1': { en: 'Section 2.1: no limit on use or on results.', zh: '第 2.1 条：使用与成果均不受限。' },
      'O-UDA-1.0 §3.1': {
        en: 'Section 3.1: whoever distributes keeps attribution and disclaimers.',
        zh: '第 3.1 条：分发时保留署名与免责声明。',
      },
    },
    decides: {
      otherwise: 'O-UDA-1.0 §2.1',
      redistribute_data: 'O-UDA-1.0 §3.1',
      redistribute_derivative_data: 'O-UDA-1.0 §3.1',
      share_with_affiliate: 'O-UDA-1.0 §3.1',
    },
  },
  {
    id: 'C-UDA-1.0',
    aliases: ['c-uda'],
    family: 'public',
    title: { en: 'Computational Use of Data Agreement 1.0', zh: '计算用途数据使用协议 1.0' },
    summary: {
      en: 'Computation only; trained models are free; recipients are bound; not meant for personal data.',
      zh: '仅限计算用途；训练模型不受限；接收者须受约束；不适用于个人信息。',
    },
    url: 'https://github.com/microsoft/Computational-Use-of-Data-Agreement',
    row: 'D co | A | A | A | A | A | A | D at,bd | D at,bd | D co | D at,bd | A',
    clauses: {
      'C-UDA-1.0 §2.1': {
        en: 'Section 2.1: use is licensed solely for computation.',
        zh: '第 2.1 条：仅许可计算用途。',
      },
      'C-UDA-1.0 §5.5': {
        en: 'Section 5.5: trained models are results when they hold no more than a de minimis portion of the data.',
        zh: '第 5.5 条：所含数据不超过微量的训练模型属于成果。',
      },
      'C-UDA-1.0 §3.1': {
        en: 'Section 3.1: whoever distributes keeps attribution and binds each recipient to computational use.',
        zh: '第 3.1 条：分发时保留署名，并使每个接收者受计算用途约束。',
      },
    },
    decides: {
      otherwise: 'C-UDA-1.0 §2.1',
      release_weights_open: 'C-UDA-1.0 §5.5',
      commercialise_model_output: 'C-UDA-1.0 §5.5',
      embed_in_product: 'C-UDA-1.0 §5.5',
      redistribute_data: 'C-UDA-1.0 §3.1',
      redistribute_derivative_data: 'C-UDA-1.0 §3.1',
      share_with_affiliate: 'C-UDA-1.0 §3.1',
      benchmark_publication: 'C-UDA-1.0 §5.5',
    },
  },
  {
    id: 'LicenseRef-Montreal-1.0',
    aliases: ['montreal', 'mdl', 'montreal-data-license'],
    family: 'public',
    isMapped: true,
    title: { en: 'Montreal Data License', zh: '蒙特利尔数据许可' },
    summary: { en: 'A grid of rights; what is not ticked is withheld.', zh: '权利表格；未勾选者均未授予。' },
    url: 'https://arxiv.org/abs/1903.12262',
    row: NOTHING_GRANTED,
    clauses: {
      'Montreal §2': {
        en: 'The rights are those ticked in the grid of the licence; without the grid nothing is known of this use.',
        zh: '权利以许可所附表格的勾选为准；缺少表格则该用途不明。',
      },
    },
    decides: { otherwise: 'Montreal §2' },
    resolve: resolvedBy('mdl_grid'),
  },
  {
    id: 'LicenseRef-OpenRAIL-D',
    aliases: ['openrail-d'],
    family: 'public',
    title: { en: 'Open Responsible AI Licence for data', zh: '开放负责任人工智能许可（数据）' },
    summary: {
      en: 'Any use outside the restricted fields; the restrictions are obeyed and passed on.',
      zh: '受限领域之外的任何用途；须遵守并传递使用限制。',
    },
    url: 'https://www.licenses.ai/',
    row: 'D ur | D ur | D ur | D ur | D ur,nt | D ur | D ur,nt | D ur,nt | D ur,nt,ch | D ur | D ur,nt | D ur',
    clauses: {
      'OpenRAIL-D grant': {
        en: 'The data may be used outside the restricted uses.',
        zh: '可在受限用途之外使用数据。',
      },
      'OpenRAIL-D use restrictions': {
        en: 'What is passed on, data or model, carries the use restrictions with it.',
        zh: '转交数据或模型时须一并附带使用限制。',
      },
    },
    decides: {
      otherwise: 'OpenRAIL-D grant',
      release_weights_open: 'OpenRAIL-D use restrictions',
      embed_in_product: 'OpenRAIL-D use restrictions',
      redistribute_data: 'OpenRAIL-D use restrictions',
      redistribute_derivative_data: 'OpenRAIL-D use restrictions',
      share_with_affiliate: 'OpenRAIL-D use restrictions',
    },
    dimensions: { field: { allow: null, deny: ['surveillance', 'law_enforcement', 'weapons'], uses: [...USES] } },
  },
  {
    id: 'LicenseRef-RAIL-M',
    aliases: ['openrail', 'openrail-m', 'openrail++', 'bigscience-openrail-m', 'creativeml-openrail-m', 'rail-m'],
    family: 'public',
    title: { en: 'A model licence (RAIL-M) on data', zh: '用于数据的模型许可（RAIL-M）' },
    summary: {
      en: 'A licence for models; it grants nothing of the data.',
      zh: '针对模型的许可；未对数据授予任何权利。',
    },
    url: 'https://www.licenses.ai/',
    row: NOTHING_GRANTED,
    clauses: {
      'OpenRAIL-M §1(d)': {
        en: 'Section 1(d): the data is not licensed under this licence.',
        zh: '第 1(d) 条：数据不在本许可的授权范围内。',
      },
    },
    decides: { otherwise: 'OpenRAIL-M §1(d)' },
    resolve: resolvedBy('a licence for the data'),
  },
  {
    id: 'LicenseRef-custom',
    aliases: ['custom'],
    family: 'public',
    isMapped: true,
    title: { en: "The provider's own text", zh: '提供方自有文本' },
    summary: {
      en: 'Only the uses that the provider mapped, each by a quoted clause, are decided.',
      zh: '仅对提供方逐条引文映射的用途作出判断。',
    },
    url: null,
    row: NOTHING_GRANTED,
    clauses: {
      'custom unmapped': {
        en: 'No clause of the text was mapped to this use.',
        zh: '文本中没有条款映射到该用途。',
      },
    },
    decides: { otherwise: 'custom unmapped' },
    resolve: resolvedBy('custom_map'),
  },
];
