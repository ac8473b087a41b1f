/** What a permitted use obliges the licensee to, each with the sentence that people read. */
export const DUTY_SENTENCES = {
  attribution: { en: 'Name the source dataset and its creators.', zh: '注明数据集来源及其作者。' },
  keep_notices: { en: 'Keep the notices and supply the licence text.', zh: '保留声明并附上许可文本。' },
  state_changes: { en: 'Say what you changed.', zh: '说明所作的修改。' },
  same_licence: { en: 'Share the result under the same licence.', zh: '以相同许可共享成果。' },
  no_technical_lock: {
    en: 'Add no technical lock or term that restricts recipients.',
    zh: '不得附加限制接收者的技术措施或条款。',
  },
  noncommercial: { en: 'Attest that the purpose is non-commercial.', zh: '声明用途为非商业性质。' },
  bind_recipients: { en: 'Bind every recipient to the same agreement.', zh: '使每个接收者受同一协议约束。' },
  obey_use_restrictions: { en: 'Obey the use restrictions and pass them on.', zh: '遵守并传递使用限制。' },
  pass_on_disclaimers: { en: 'Pass on the disclaimers.', zh: '传递免责声明。' },
  computational_use_only: { en: 'Use the data for computation only.', zh: '仅限计算用途。' },
  results_notice: { en: 'Put a notice on published results.', zh: '在发布的成果上附加声明。' },
  no_endorsement: { en: 'Do not suggest endorsement by the creators.', zh: '不得暗示作者背书。' },
  within_term: { en: 'Stop when the term ends.', zh: '期限届满即停止使用。' },
  named_users: { en: 'Only the users named to the provider.', zh: '仅限向提供方列明的用户。' },
  delete_at_end: { en: 'Delete every copy when the term ends.', zh: '期限届满删除全部副本。' },
  one_team: { en: 'Keep it within one laboratory or team.', zh: '限于一个实验室或团队内。' },
  noncommercial_weights: { en: 'License the weights for non-commercial use only.', zh: '权重仅以非商业许可发布。' },
  no_reconstruction: {
    en: 'Share only labels and features that cannot rebuild episodes.',
    zh: '仅可共享无法还原轨迹的标签与特征。',
  },
  listed_affiliates: {
    en: 'Only controlled entities, listed to the provider and bound.',
    zh: '仅限受控、已列明且受约束的关联方。',
  },
  few_frames: { en: 'Show at most 20 frames.', zh: '最多展示 20 帧。' },
  check_faces: { en: 'Check the frames shown for faces first.', zh: '展示前须检查画面中的人脸。' },
} as const;

/** Code of a duty. */
export type Duty = keyof typeof DUTY_SENTENCES;

export const DUTIES = Object.keys(DUTY_SENTENCES) as readonly Duty[];

/** The short codes that the tables of licences are written in. */
export const DUTY_OF_CODE: Readonly<Record<string, Duty>> = {
  at: 'attribution',
  nt: 'keep_notices',
  ch: 'state_changes',
  sa: 'same_licence',
  tp: 'no_technical_lock',
  nc: 'noncommercial',
  bd: 'bind_recipients',
  ur: 'obey_use_restrictions',
  di: 'pass_on_disclaimers',
  co: 'computational_use_only',
  pn: 'results_notice',
  ne: 'no_endorsement',
  wt: 'within_term',
  nu: 'named_users',
  de: 'delete_at_end',
  ot: 'one_team',
  nw: 'noncommercial_weights',
  nr: 'no_reconstruction',
  la: 'listed_affiliates',
  ff: 'few_frames',
  cf: 'check_faces',
};
