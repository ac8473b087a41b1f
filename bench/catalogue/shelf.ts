import { FACETS, facetLabel } from '../../libs/catalog/src/browse/facets.js';
import { VOCABULARY } from '../../libs/catalog/src/vocabulary/vocabulary.js';
import { Random } from './random.js';

/**
 * The synthetic shelf: datasets whose facets are drawn from the real vocabulary, popular values much more often than rare
 * ones, with titles and summaries in both languages made of the labels of those facets and of filler words. About 400
 * characters of text each, one serial number among them.
 */
export interface BenchDataset {
  readonly id: string;
  readonly name: string;
  readonly organizationId: string;
  readonly titleZh: string;
  readonly titleEn: string;
  readonly summaryZh: string;
  readonly summaryEn: string;
  /** Values of each facet in the order of `FACETS`. */
  readonly facets: readonly (readonly string[])[];
  readonly hasFreeOffer: boolean;
  readonly minPriceCny: number | null;
  readonly episodes: number;
  readonly frames: number;
  readonly durationS: number;
  readonly sizeBytes: number;
  readonly publishedMs: number;
}

export interface BenchOrganization {
  readonly id: string;
  readonly slug: string;
  readonly name: string;
}

const codesOf = (kind: string): string[] =>
  VOCABULARY.kinds.find((k) => k.kind === kind)?.terms.map(({ code }) => code) ?? [];

const MAKERS =
  'Aurora Borealis Cygnus Draco Electra Fornax Gemini Hydra Indus Juno Kepler Lyra Mensa Norma Orion Pavo'.split(' ');
const ROBOTS = Array.from(
  { length: 80 },
  (_, i) => `${MAKERS[i % MAKERS.length] ?? ''} R${1 + Math.floor(i / MAKERS.length)}`,
);
const CITIES_ZH =
  '自贡 北京 上海 深圳 成都 杭州 苏州 合肥 武汉 天津 青岛 宁波 无锡 长沙 西安 重庆 南京 广州 厦门 大连'.split(' ');
const CITIES_EN =
  'zigong beijing shanghai shenzhen chengdu hangzhou suzhou hefei wuhan tianjin qingdao ningbo wuxi changsha xian chongqing nanjing guangzhou xiamen dalian'.split(
    ' ',
  );
const SITES = 'center lab works studio plant'.split(' ');
const SITES_ZH = '数据采集中心 实验室 工厂 工作室 厂区'.split(' ');

export const ORGANIZATIONS: readonly BenchOrganization[] = Array.from({ length: 100 }, (_, i) => ({
  id: `org_bench${i}`,
  slug: `${CITIES_EN[i % 20] ?? ''}-${SITES[Math.floor(i / 20)] ?? ''}`,
  name: `${CITIES_ZH[i % 20] ?? ''}${SITES_ZH[Math.floor(i / 20)] ?? ''}`,
}));

const OBJECTS_ZH =
  '杯子 毛巾 螺丝 快递箱 苹果 药盒 电路板 积木 瓶子 衣服 盘子 抽屉 门把手 线缆 轴承 面包 雨伞 书本 鞋子 托盘'.split(
    ' ',
  );
const OBJECTS_EN =
  'cup towel screw parcel apple pillbox circuit block bottle shirt plate drawer handle cable bearing bread umbrella book shoe tray'.split(
    ' ',
  );
const FILLER_ZH =
  '高质量 多视角 真实环境 连续采集 人工校验 精细操作 大规模 低延迟 标注完整 长时序 柔性物体 双手协同 夜间光照 随机摆放 失败案例'.split(
    ' ',
  );
const FILLER_EN =
  'synchronized calibrated wrist camera randomized lighting operators verified trajectories contact rich long horizon failures included deformable objects bimanual policy training evaluation recorded'.split(
    ' ',
  );

const KIND_VALUES: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  FACETS.map(({ field, kind }) => [
    field,
    kind === null ? (field === 'robots' ? ROBOTS : ORGANIZATIONS.map(({ slug }) => slug)) : codesOf(kind),
  ]),
);
/** How many values of each facet a dataset has, at least and at most. */
const HOW_MANY: Readonly<Record<string, readonly [number, number]>> = {
  taskFamilies: [1, 2],
  skills: [1, 3],
  scenes: [1, 2],
  modalities: [1, 4],
  usableFor: [0, 6],
};

/** The values that a facet of the shelf can have, most frequent first. */
export const valuesOf = (field: string): readonly string[] => KIND_VALUES[field] ?? [];

function labelsIn(field: string, codes: readonly string[]): { zh: string; en: string }[] {
  const facet = FACETS.find((candidate) => candidate.field === field);
  return facet ? codes.map((code) => facetLabel(facet, code)) : [];
}

/** The first `count` datasets of the shelf, oldest first; always the same. */
export function* benchDatasets(count: number): Generator<BenchDataset> {
  const random = new Random(20_261_120);
  for (let i = 0; i < count; i++) {
    const facets = FACETS.map(({ field }) => {
      const [least, most] = HOW_MANY[field] ?? [1, 1];
      return random.some(valuesOf(field), least, most);
    });
    const of = (field: string): readonly string[] => facets[FACETS.findIndex((facet) => facet.field === field)] ?? [];
    const [task] = labelsIn('taskFamilies', of('taskFamilies'));
    const [scene] = labelsIn('scenes', of('scenes'));
    const skills = labelsIn('skills', of('skills'));
    const object = random.below(OBJECTS_EN.length);
    const price = random.next();
    const organization = ORGANIZATIONS.find(({ slug }) => slug === of('providers')[0]);
    const episodes = Math.floor(10 ** (1 + random.next() * 4));
    const durationS = episodes * (5 + random.below(40));
    yield {
      id: `ds_${String(i).padStart(26, '0')}`,
      name: `set-${i}`,
      organizationId: organization?.id ?? '',
      titleZh: `${scene?.zh ?? ''}${task?.zh ?? ''}${OBJECTS_ZH[object] ?? ''}`,
      titleEn: `${task?.en ?? ''} ${OBJECTS_EN[object] ?? ''} in ${scene?.en.toLowerCase() ?? ''}`,
      summaryZh: `${random.some(FILLER_ZH, 3, 6).join(',')},${skills.map(({ zh }) => zh).join('、')}${OBJECTS_ZH[random.below(20)] ?? ''}。`,
      summaryEn: `${random.some(FILLER_EN, 5, 8).join(' ')}; ${skills.map(({ en }) => en.toLowerCase()).join(', ')} ${OBJECTS_EN[random.below(20)] ?? ''}, serial sn${(i * 7919) % 1_000_003}x.`,
      facets,
      hasFreeOffer: price < 0.2,
      minPriceCny: price > 0.9 ? null : 100 * random.below(10_000),
      episodes,
      frames: durationS * 30,
      durationS,
      sizeBytes: durationS * 1_500_000,
      publishedMs: Date.UTC(2025, 0, 1) + i * 60_000,
    };
  }
}
