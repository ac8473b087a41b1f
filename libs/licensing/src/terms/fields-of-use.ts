import type { Bilingual } from './bilingual.js';

/** Fields of use: a closed list, because free text in a limit would be read in two ways. */
export const FIELD_TITLES = {
  household: { en: 'household', zh: '家庭服务' },
  hospitality: { en: 'hospitality and food service', zh: '酒店餐饮' },
  retail: { en: 'retail', zh: '零售' },
  logistics: { en: 'logistics and warehousing', zh: '物流仓储' },
  manufacturing: { en: 'manufacturing', zh: '工业制造' },
  construction: { en: 'construction', zh: '建筑施工' },
  agriculture: { en: 'agriculture', zh: '农业' },
  laboratory: { en: 'laboratory automation', zh: '实验室自动化' },
  healthcare: { en: 'healthcare and assistance', zh: '医疗与护理' },
  mobility: { en: 'vehicles and mobility', zh: '车辆与出行' },
  inspection: { en: 'inspection and energy', zh: '巡检与能源' },
  education: { en: 'education and research tools', zh: '教育与科研工具' },
  entertainment: { en: 'entertainment', zh: '娱乐' },
  security: { en: 'guarding and rescue', zh: '安防与救援' },
  surveillance: { en: 'surveillance of people', zh: '对人监控' },
  law_enforcement: { en: 'law enforcement', zh: '执法' },
  weapons: { en: 'weapons and military', zh: '武器与军事' },
} as const satisfies Record<string, Bilingual>;

/** Code of a field of use. */
export type FieldOfUse = keyof typeof FIELD_TITLES;

export const FIELDS_OF_USE = Object.keys(FIELD_TITLES) as readonly FieldOfUse[];

/** A number for each field, as constraints of the database know it: never changed, never used twice. */
export const FIELD_NUMBERS: Readonly<Record<FieldOfUse, number>> = {
  household: 1,
  hospitality: 2,
  retail: 3,
  logistics: 4,
  manufacturing: 5,
  construction: 6,
  agriculture: 7,
  laboratory: 8,
  healthcare: 9,
  mobility: 10,
  inspection: 11,
  education: 12,
  entertainment: 13,
  security: 14,
  surveillance: 15,
  law_enforcement: 16,
  weapons: 17,
};
