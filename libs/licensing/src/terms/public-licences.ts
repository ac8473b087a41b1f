import type { LicenceRow } from './licence-table.js';

const NO_CONDITION = {
  en: 'The rightsholder keeps no condition; rights of other persons are not cleared.',
  zh: '权利人不保留任何条件；不涉及他人权利的许可。',
};
const CC_GRANT = {
  en: 'Section 2(a)(1): you may reproduce and adapt the material; duties start only when it is shared with the public.',
  zh: '第 2(a)(1) 条：可复制和改编材料；义务仅在向公众共享时产生。',
};
const CC_ATTRIBUTION = {
  en: 'Section 3(a): whoever shares must attribute, keep notices, link the licence and say what changed.',
  zh: '第 3(a) 条：共享者须署名、保留声明、附许可链接并说明修改。',
};
const CC_WEIGHTS_BY = {
  en: 'Section 1(a): whether weights are adapted material is open; attribution satisfies both readings.',
  zh: '第 1(a) 条：权重是否属于演绎材料尚无定论；署名可满足两种解释。',
};
const CC_SHARE_ALIKE = {
  en: 'Section 3(b): adapted material that is shared takes the same licence.',
  zh: '第 3(b) 条：共享演绎材料须采用相同许可。',
};
const CC_WEIGHTS_SA = {
  en: 'Sections 1(a) and 3(b): courts split on whether weights are adapted material that must carry the same licence.',
  zh: '第 1(a)、3(b) 条：权重是否为须采用相同许可的演绎材料，司法意见不一。',
};
const CC_NC_GRANT = {
  en: 'Section 2(a)(1): rights are granted for non-commercial purposes only.',
  zh: '第 2(a)(1) 条：仅授予非商业目的的权利。',
};
const CC_NC_READING = {
  en: 'Section 1: "not primarily intended for commercial advantage" is read differently by owners for this use.',
  zh: '第 1 条：“非主要为商业利益”对此用途的解释因权利人而异。',
};
const CC_NO_DERIVATIVES = {
  en: 'Section 2(a)(1)(B): adapted material may be made, but not shared.',
  zh: '第 2(a)(1)(B) 条：可制作演绎材料，但不得共享。',
};
const CC_WEIGHTS_ND = {
  en: 'Section 2(a)(1)(B): if weights are adapted material they may not be shared, and no licence on them cures it.',
  zh: '第 2(a)(1)(B) 条：若权重属于演绎材料则不得共享，且无任何许可可补救。',
};
const SOFTWARE_GRANT = {
  en: 'The grant covers use without limit of purpose; conditions attach to distribution. The provider declares that it covers the data.',
  zh: '授权不限用途；条件仅在分发时产生。提供方声明其涵盖数据。',
};
const SOFTWARE_NOTICE = {
  en: 'Copies that are passed on carry the notices and the licence text.',
  zh: '转交的副本须附声明和许可文本。',
};
const SOFTWARE_WEIGHTS = {
  en: 'Whether weights are a copy is open; keeping the notices satisfies both readings.',
  zh: '权重是否构成副本尚无定论；保留声明可满足两种解释。',
};

const NC_WEIGHTS = ['CC-BY-NC-4.0', 'CC-BY-NC-SA-4.0'];

/**
 * Public licences as tables, each cell decided by a clause of the licence's own text.
 * A careful default that fails closed, not legal advice.
 */
export const PUBLIC_LICENCES: readonly LicenceRow[] = [
  {
    id: 'CC0-1.0',
    aliases: ['cc0'],
    family: 'public',
    title: { en: 'CC0 1.0 Universal', zh: 'CC0 1.0 通用' },
    summary: { en: 'The rightsholder gives up all rights that can be given up.', zh: '权利人放弃一切可放弃的权利。' },
    url: 'https://creativecommons.org/publicdomain/zero/1.0/legalcode',
    row: 'A | A | A | A | A | A | A | A | A | A | A | A',
    clauses: { 'CC0-1.0 §2-4': NO_CONDITION },
    decides: { otherwise: 'CC0-1.0 §2-4' },
  },
  {
    id: 'PDDL-1.0',
    aliases: ['pddl'],
    family: 'public',
    title: { en: 'ODC Public Domain Dedication and License 1.0', zh: 'ODC 公共领域奉献与许可 1.0' },
    summary: { en: 'A database dedicated to the public domain.', zh: '数据库贡献于公共领域。' },
    url: 'https://opendatacommons.org/licenses/pddl/1-0/',
    row: 'A | A | A | A | A | A | A | A | A | A | A | A',
    clauses: { 'PDDL-1.0 §3': NO_CONDITION },
    decides: { otherwise: 'PDDL-1.0 §3' },
  },
  {
    id: 'CC-BY-4.0',
    family: 'public',
    title: { en: 'Creative Commons Attribution 4.0', zh: '知识共享 署名 4.0' },
    summary: { en: 'Any use; name the source when you share.', zh: '任何用途；共享时须署名。' },
    url: 'https://creativecommons.org/licenses/by/4.0/legalcode',
    row: 'A | A | A | A | D at~ | D at~ | D at~ | D at,nt,tp | D at,nt,ch,tp | A | D at~ | D at',
    clauses: { 'CC-BY-4.0 §2(a)(1)': CC_GRANT, 'CC-BY-4.0 §3(a)': CC_ATTRIBUTION, 'CC-BY-4.0 §1(a)': CC_WEIGHTS_BY },
    decides: {
      otherwise: 'CC-BY-4.0 §2(a)(1)',
      release_weights_open: 'CC-BY-4.0 §1(a)',
      commercialise_model_output: 'CC-BY-4.0 §1(a)',
      embed_in_product: 'CC-BY-4.0 §1(a)',
      redistribute_data: 'CC-BY-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-4.0 §3(a)',
      share_with_affiliate: 'CC-BY-4.0 §3(a)',
      benchmark_publication: 'CC-BY-4.0 §3(a)',
    },
  },
  {
    id: 'CC-BY-SA-4.0',
    family: 'public',
    title: { en: 'Creative Commons Attribution-ShareAlike 4.0', zh: '知识共享 署名—相同方式共享 4.0' },
    summary: {
      en: 'Any use; what you share from it takes the same licence.',
      zh: '任何用途；由此共享的成果须采用相同许可。',
    },
    url: 'https://creativecommons.org/licenses/by-sa/4.0/legalcode',
    row: 'A | A | A | A | U | U | U | D at,nt,tp | D at,nt,ch,sa,tp | A | D at~ | D at',
    clauses: {
      'CC-BY-SA-4.0 §2(a)(1)': CC_GRANT,
      'CC-BY-SA-4.0 §3(a)': CC_ATTRIBUTION,
      'CC-BY-SA-4.0 §3(b)': CC_SHARE_ALIKE,
      'CC-BY-SA-4.0 §1(a)': CC_WEIGHTS_SA,
    },
    decides: {
      otherwise: 'CC-BY-SA-4.0 §2(a)(1)',
      release_weights_open: 'CC-BY-SA-4.0 §1(a)',
      commercialise_model_output: 'CC-BY-SA-4.0 §1(a)',
      embed_in_product: 'CC-BY-SA-4.0 §1(a)',
      redistribute_data: 'CC-BY-SA-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-SA-4.0 §3(b)',
      share_with_affiliate: 'CC-BY-SA-4.0 §3(a)',
      benchmark_publication: 'CC-BY-SA-4.0 §3(a)',
    },
    resolve: {
      release_weights_open: 'weights_policy',
      commercialise_model_output: 'outputs_policy',
      embed_in_product: 'weights_policy',
    },
    cases: [
      {
        use: 'release_weights_open',
        when: { weightsLicence: ['CC-BY-SA-4.0'] },
        cell: 'D at,sa',
        clause: 'CC-BY-SA-4.0 §3(b)',
      },
      {
        use: 'embed_in_product',
        when: { weightsLicence: ['CC-BY-SA-4.0'], isUnlocked: true },
        cell: 'D at,sa,tp',
        clause: 'CC-BY-SA-4.0 §3(b)',
      },
    ],
  },
  {
    id: 'CC-BY-NC-4.0',
    family: 'public',
    title: { en: 'Creative Commons Attribution-NonCommercial 4.0', zh: '知识共享 署名—非商业性使用 4.0' },
    summary: { en: 'Non-commercial purposes only.', zh: '仅限非商业目的。' },
    url: 'https://creativecommons.org/licenses/by-nc/4.0/legalcode',
    row: 'U | D nc | F | F | U | F | F | D nc,at,nt,tp | D nc,at,nt,ch,tp | D nc | D nc | D nc,at',
    clauses: {
      'CC-BY-NC-4.0 §2(a)(1)': CC_NC_GRANT,
      'CC-BY-NC-4.0 §1': CC_NC_READING,
      'CC-BY-NC-4.0 §3(a)': CC_ATTRIBUTION,
    },
    decides: {
      otherwise: 'CC-BY-NC-4.0 §2(a)(1)',
      evaluate: 'CC-BY-NC-4.0 §1',
      release_weights_open: 'CC-BY-NC-4.0 §1',
      redistribute_data: 'CC-BY-NC-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-NC-4.0 §3(a)',
      benchmark_publication: 'CC-BY-NC-4.0 §3(a)',
    },
    resolve: { evaluate: 'nc_reading', release_weights_open: 'weights_policy' },
    cases: [
      { use: 'research_training', when: { actor: 'company' }, cell: 'U', clause: 'CC-BY-NC-4.0 §1' },
      {
        use: 'release_weights_open',
        when: { weightsLicence: NC_WEIGHTS },
        cell: 'D nc,at',
        clause: 'CC-BY-NC-4.0 §2(a)(1)',
      },
    ],
  },
  {
    id: 'CC-BY-NC-SA-4.0',
    family: 'public',
    title: {
      en: 'Creative Commons Attribution-NonCommercial-ShareAlike 4.0',
      zh: '知识共享 署名—非商业性使用—相同方式共享 4.0',
    },
    summary: {
      en: 'Non-commercial purposes only; what you share from it takes the same licence.',
      zh: '仅限非商业目的；由此共享的成果须采用相同许可。',
    },
    url: 'https://creativecommons.org/licenses/by-nc-sa/4.0/legalcode',
    row: 'U | D nc | F | F | U | F | F | D nc,at,nt,tp | D nc,at,nt,ch,sa,tp | D nc | D nc | D nc,at',
    clauses: {
      'CC-BY-NC-SA-4.0 §2(a)(1)': CC_NC_GRANT,
      'CC-BY-NC-SA-4.0 §1': CC_NC_READING,
      'CC-BY-NC-SA-4.0 §1(a)': CC_WEIGHTS_SA,
      'CC-BY-NC-SA-4.0 §3(a)': CC_ATTRIBUTION,
      'CC-BY-NC-SA-4.0 §3(b)': CC_SHARE_ALIKE,
    },
    decides: {
      otherwise: 'CC-BY-NC-SA-4.0 §2(a)(1)',
      evaluate: 'CC-BY-NC-SA-4.0 §1',
      release_weights_open: 'CC-BY-NC-SA-4.0 §1(a)',
      redistribute_data: 'CC-BY-NC-SA-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-NC-SA-4.0 §3(b)',
      benchmark_publication: 'CC-BY-NC-SA-4.0 §3(a)',
    },
    resolve: { evaluate: 'nc_reading', release_weights_open: 'weights_policy' },
    cases: [
      { use: 'research_training', when: { actor: 'company' }, cell: 'U', clause: 'CC-BY-NC-SA-4.0 §1' },
      {
        use: 'release_weights_open',
        when: { weightsLicence: ['CC-BY-NC-SA-4.0'] },
        cell: 'D nc,at,sa',
        clause: 'CC-BY-NC-SA-4.0 §3(b)',
      },
    ],
  },
  {
    id: 'CC-BY-ND-4.0',
    family: 'public',
    title: { en: 'Creative Commons Attribution-NoDerivatives 4.0', zh: '知识共享 署名—禁止演绎 4.0' },
    summary: {
      en: 'Share unchanged only; private training is permitted, though Creative Commons advises against it.',
      zh: '仅可原样共享；允许私下训练，但知识共享组织不建议。',
    },
    url: 'https://creativecommons.org/licenses/by-nd/4.0/legalcode',
    row: 'A | A | A | A | U | U | U | D at,nt,tp | F | A | D at~ | D at',
    clauses: {
      'CC-BY-ND-4.0 §2(a)(1)': CC_GRANT,
      'CC-BY-ND-4.0 §2(a)(1)(B)': CC_NO_DERIVATIVES,
      'CC-BY-ND-4.0 §1(a)': CC_WEIGHTS_ND,
      'CC-BY-ND-4.0 §3(a)': CC_ATTRIBUTION,
    },
    decides: {
      otherwise: 'CC-BY-ND-4.0 §2(a)(1)',
      research_training: 'CC-BY-ND-4.0 §2(a)(1)(B)',
      commercial_training: 'CC-BY-ND-4.0 §2(a)(1)(B)',
      fine_tune: 'CC-BY-ND-4.0 §2(a)(1)(B)',
      release_weights_open: 'CC-BY-ND-4.0 §1(a)',
      commercialise_model_output: 'CC-BY-ND-4.0 §1(a)',
      embed_in_product: 'CC-BY-ND-4.0 §1(a)',
      redistribute_data: 'CC-BY-ND-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-ND-4.0 §2(a)(1)(B)',
      share_with_affiliate: 'CC-BY-ND-4.0 §3(a)',
      benchmark_publication: 'CC-BY-ND-4.0 §3(a)',
    },
    resolve: {
      release_weights_open: 'weights_policy',
      commercialise_model_output: 'outputs_policy',
      embed_in_product: 'weights_policy',
    },
  },
  {
    id: 'CC-BY-NC-ND-4.0',
    family: 'public',
    title: {
      en: 'Creative Commons Attribution-NonCommercial-NoDerivatives 4.0',
      zh: '知识共享 署名—非商业性使用—禁止演绎 4.0',
    },
    summary: { en: 'Non-commercial purposes only; share unchanged only.', zh: '仅限非商业目的；仅可原样共享。' },
    url: 'https://creativecommons.org/licenses/by-nc-nd/4.0/legalcode',
    row: 'U | D nc | F | F | U | F | F | D nc,at,nt,tp | F | D nc | D nc | D nc,at',
    clauses: {
      'CC-BY-NC-ND-4.0 §2(a)(1)': CC_NC_GRANT,
      'CC-BY-NC-ND-4.0 §2(a)(1)(B)': CC_NO_DERIVATIVES,
      'CC-BY-NC-ND-4.0 §1': CC_NC_READING,
      'CC-BY-NC-ND-4.0 §1(a)': CC_WEIGHTS_ND,
      'CC-BY-NC-ND-4.0 §3(a)': CC_ATTRIBUTION,
    },
    decides: {
      otherwise: 'CC-BY-NC-ND-4.0 §2(a)(1)',
      evaluate: 'CC-BY-NC-ND-4.0 §1',
      release_weights_open: 'CC-BY-NC-ND-4.0 §1(a)',
      redistribute_data: 'CC-BY-NC-ND-4.0 §3(a)',
      redistribute_derivative_data: 'CC-BY-NC-ND-4.0 §2(a)(1)(B)',
      benchmark_publication: 'CC-BY-NC-ND-4.0 §3(a)',
    },
    resolve: { evaluate: 'nc_reading', release_weights_open: 'weights_policy' },
    cases: [{ use: 'research_training', when: { actor: 'company' }, cell: 'U', clause: 'CC-BY-NC-ND-4.0 §1' }],
  },
  {
    id: 'Apache-2.0',
    family: 'public',
    title: { en: 'Apache License 2.0, declared for the data', zh: 'Apache 许可 2.0（声明适用于数据）' },
    summary: { en: 'Any use; keep the notices when you pass it on.', zh: '任何用途；转交时保留声明。' },
    url: 'https://www.apache.org/licenses/LICENSE-2.0',
    row: 'A | A | A | A | D nt~ | A | D nt~ | D nt | D nt,ch | A | A | A',
    clauses: { 'Apache-2.0 §2': SOFTWARE_GRANT, 'Apache-2.0 §4': SOFTWARE_NOTICE, 'Apache-2.0 §1': SOFTWARE_WEIGHTS },
    decides: {
      otherwise: 'Apache-2.0 §2',
      release_weights_open: 'Apache-2.0 §1',
      embed_in_product: 'Apache-2.0 §1',
      redistribute_data: 'Apache-2.0 §4',
      redistribute_derivative_data: 'Apache-2.0 §4',
    },
  },
  {
    id: 'MIT',
    family: 'public',
    title: { en: 'MIT License, declared for the data', zh: 'MIT 许可（声明适用于数据）' },
    summary: { en: 'Any use; keep the notice when you pass it on.', zh: '任何用途；转交时保留声明。' },
    url: 'https://opensource.org/license/mit',
    row: 'A | A | A | A | D nt~ | A | D nt~ | D nt | D nt | A | D nt | A',
    clauses: { 'MIT ¶1': SOFTWARE_GRANT, 'MIT ¶2': SOFTWARE_NOTICE, 'MIT ¶2 weights': SOFTWARE_WEIGHTS },
    decides: {
      otherwise: 'MIT ¶1',
      release_weights_open: 'MIT ¶2 weights',
      embed_in_product: 'MIT ¶2 weights',
      redistribute_data: 'MIT ¶2',
      redistribute_derivative_data: 'MIT ¶2',
      share_with_affiliate: 'MIT ¶2',
    },
  },
  {
    id: 'BSD-3-Clause',
    family: 'public',
    title: { en: 'BSD 3-Clause License, declared for the data', zh: 'BSD 三条款许可（声明适用于数据）' },
    summary: {
      en: 'Any use; keep the notice when you pass it on and claim no endorsement.',
      zh: '任何用途；转交时保留声明，且不得暗示背书。',
    },
    url: 'https://opensource.org/license/bsd-3-clause',
    row: 'A | A | A | A | D nt,ne~ | A | D nt,ne~ | D nt,ne | D nt,ne | A | D nt,ne | D ne',
    clauses: {
      'BSD-3-Clause grant': SOFTWARE_GRANT,
      'BSD-3-Clause §1-2': SOFTWARE_NOTICE,
      'BSD-3-Clause §1-3 weights': SOFTWARE_WEIGHTS,
      'BSD-3-Clause §3': { en: 'Names of the holders may not be used to endorse.', zh: '不得以权利人名义背书。' },
    },
    decides: {
      otherwise: 'BSD-3-Clause grant',
      release_weights_open: 'BSD-3-Clause §1-3 weights',
      embed_in_product: 'BSD-3-Clause §1-3 weights',
      redistribute_data: 'BSD-3-Clause §1-2',
      redistribute_derivative_data: 'BSD-3-Clause §1-2',
      share_with_affiliate: 'BSD-3-Clause §1-2',
      benchmark_publication: 'BSD-3-Clause §3',
    },
  },
  {
    id: 'CDLA-Permissive-2.0',
    aliases: ['cdla-permissive'],
    family: 'public',
    title: { en: 'Community Data License Agreement, Permissive 2.0', zh: '社区数据许可协议 宽松版 2.0' },
    summary: {
      en: 'Any use; models are results without restriction; ship the agreement with shared data.',
      zh: '任何用途；模型属于不受限制的成果；共享数据时附协议文本。',
    },
    url: 'https://cdla.dev/permissive-2-0/',
    row: 'A | A | A | A | A | A | A | D nt | D nt | A | D nt | A',
    clauses: {
      'CDLA-Permissive-2.0 §3.1': {
        en: 'Results, machine-learning models included, carry no restriction or obligation.',
        zh: '成果（含机器学习模型）不附任何限制或义务。',
      },
      'CDLA-Permissive-2.0 §2.1': {
        en: 'Shared data goes with the text of the agreement.',
        zh: '共享数据时须附协议文本。',
      },
    },
    decides: {
      otherwise: 'CDLA-Permissive-2.0 §3.1',
      redistribute_data: 'CDLA-Permissive-2.0 §2.1',
      redistribute_derivative_data: 'CDLA-Permissive-2.0 §2.1',
      share_with_affiliate: 'CDLA-Permissive-2.0 §2.1',
    },
  },
  {
    id: 'NONE',
    aliases: ['no-licence', 'no-license', 'unlicensed'],
    family: 'public',
    title: { en: 'No licence', zh: '无许可' },
    summary: { en: 'Nothing was granted.', zh: '未授予任何权利。' },
    url: null,
    row: 'U | U | U | U | U | U | U | F | F | U | F | U',
    clauses: {
      'NONE silence': {
        en: 'Nothing is granted; the owner may only have forgotten to say so.',
        zh: '未授予任何权利；权利人可能只是未作声明。',
      },
    },
    decides: { otherwise: 'NONE silence' },
    resolve: {
      evaluate: 'a licence',
      research_training: 'a licence',
      commercial_training: 'a licence',
      fine_tune: 'a licence',
      release_weights_open: 'a licence',
      commercialise_model_output: 'a licence',
      embed_in_product: 'a licence',
      internal_copy: 'a licence',
      benchmark_publication: 'a licence',
    },
  },
];
