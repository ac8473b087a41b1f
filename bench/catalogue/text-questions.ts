/**
 * A text as people type it, and what it means: a document is wanted if it holds, for each word meant, one of its spellings.
 * An English spelling counts at the beginning of a word (who types "grasp" does not mean "regrasp"), a Chinese one anywhere.
 */
export interface TextQuestion {
  readonly text: string;
  readonly meant: readonly (readonly string[])[];
}

const one = (...words: string[]): readonly (readonly string[])[] => words.map((word) => [word]);

/** Whole and partial words, both languages, mixed scripts, typing errors, full-width letters, a word that nothing holds. */
export const TEXT_QUESTIONS: readonly TextQuestion[] = [
  { text: '抓取', meant: one('抓取') },
  { text: '灵巧手', meant: one('灵巧手') },
  { text: '灵巧手 grasping', meant: [['灵巧手'], ['grasp']] },
  { text: '灵巧手抓取', meant: one('灵巧手', '抓取') },
  { text: '叠衣', meant: [['叠衣', '折叠', 'fold']] },
  { text: '厨房 杯子', meant: one('厨房', '杯子') },
  { text: '触觉', meant: one('触觉') },
  { text: '点云', meant: one('点云') },
  { text: '毛巾', meant: one('毛巾') },
  { text: '手', meant: one('手') },
  { text: '高质量柔性物体', meant: one('高质量', '柔性物体') },
  { text: '双臂装配', meant: one('双臂', '装配') },
  { text: 'dexter', meant: one('dexter') },
  { text: 'grasing', meant: one('grasp') },
  { text: 'kichen pouring', meant: one('kitchen', 'pour') },
  { text: 'pick and place', meant: one('pick', 'place') },
  { text: 'touch', meant: [['touch', 'tactile', '触觉']] },
  { text: 'deformable objects', meant: one('deformable', 'objects') },
  { text: 'ｇｒｉｐｐｅｒ', meant: one('gripper') },
  { text: 'umbrela folding', meant: one('umbrella', 'fold') },
  { text: 'sn7919x', meant: one('sn7919x') },
  { text: '自贡 sorting', meant: one('自贡', 'sorting') },
  { text: 'teleoperation zzqqx', meant: one('teleoperation') },
];

/** Texts that more than a tenth of the shelf holds. */
export const BROAD_TEXTS: readonly string[] = ['抓取', 'camera', 'sorting', '高质量', 'wrist', 'trajectories', '手'];
