import type { FindingCode } from '@app/formats';
import type { RuleOutcome } from '@app/standards';
import type { MemoryFileTree } from '../../support/file-trees.js';
import type { SetPlan, TablePlan } from '../lerobot/clean-set.js';
import { CAMERA, LENGTHS } from '../lerobot/clean-set.js';
import type { Described, Judged } from './described-set.js';

/** A defect that is put into a clean set, and everything that must answer: these findings and rules, and no other. */
export interface Injury {
  readonly defect: string;
  readonly inflict: (set: Described) => void;
  readonly findings?: readonly FindingCode[];
  readonly rules?: Readonly<Record<string, RuleOutcome>>;
  /** A remark that may come with it. */
  readonly mayFind?: readonly FindingCode[];
  /** Measured facts in which it shows: what, as it is, as it should be. */
  readonly shows?: (judged: Judged) => readonly (readonly [string, unknown, unknown])[];
  readonly why: string;
}

/** A test elsewhere that shows it, by its file and its words. */
export interface ShownElsewhere {
  readonly file: string;
  readonly test: string;
  readonly why: string;
}

/** One complaint that a machine can answer, and where it is caught. */
export interface Pain {
  /** Number in the list of what users report. */
  readonly pain: number;
  readonly title: string;
  readonly injuries?: readonly Injury[];
  readonly shownElsewhere?: readonly ShownElsewhere[];
}

const firstTable = (plan: SetPlan): TablePlan => Object.values(plan.data)[0] ?? {};
const columnOf = (table: TablePlan, key: string): unknown[] => table[key]?.values ?? [];
const feature = (set: Described, key: string): Record<string, unknown> => set.plan.info.features[key] ?? {};
const remove =
  (pattern: RegExp) =>
  (tree: MemoryFileTree): void => {
    for (const path of [...tree.contents.keys()]) if (pattern.test(path)) tree.contents.delete(path);
  };
const rename =
  (pattern: RegExp, to: string) =>
  (tree: MemoryFileTree): void => {
    for (const [path, bytes] of [...tree.contents]) {
      if (!pattern.test(path)) continue;
      tree.contents.delete(path);
      tree.contents.set(path.replace(pattern, to), bytes);
    }
  };

export const PAINS: readonly Pain[] = [
  {
    pain: 1,
    title: 'which licence governs the data: README, card and LICENSE contradict each other',
    injuries: [
      {
        defect: 'a licence called "other"',
        inflict: (set) => void (set.declared.license = 'other'),
        rules: { 'CO-1': 'fail' },
        why: 'a word that names no licence is refused',
      },
      {
        defect: 'a card that names another licence',
        inflict: (set) => void (set.texts[0] = { path: 'README.md', text: '---\nlicense: apache-2.0\n---\n# Cubes\n' }),
        rules: { 'CO-1': 'fail' },
        why: 'README, card, LICENSE and what is declared must name one licence for the data',
      },
      {
        defect: 'a LICENSE that holds another text than its name says',
        inflict: (set) => void (set.texts[1] = { path: 'LICENSE', text: 'Attribution-NonCommercial: CC BY-NC 4.0' }),
        rules: { 'CO-1': 'fail' },
        why: 'the text counts, not the name of the file',
      },
      {
        defect: 'a README that narrows the licence',
        inflict: (set) => void set.texts.push({ path: 'NOTES.md', text: 'The data is for research purposes only.' }),
        rules: { 'CO-1': 'fail' },
        why: 'a standard licence with further limits is another licence',
      },
      {
        defect: 'a licence agreement to sign beside a free licence',
        inflict: (set) =>
          void set.texts.push({ path: 'NOTES.md', text: 'Sign the license agreement to get the data.' }),
        rules: { 'CO-1': 'fail' },
        why: 'nobody can tell which of the two governs',
      },
    ],
  },
  {
    pain: 3,
    title: 'whether upstream terms carry into derivatives and mixes',
    injuries: [
      {
        defect: 'one licence over sixty sets of others',
        inflict: (set) => void set.texts.push({ path: 'SOURCES.md', text: 'A collection of 60 robot datasets.' }),
        rules: { 'CO-1': 'fail' },
        why: 'a licence for the whole says nothing of its parts',
      },
      {
        defect: 'parts that keep their original licences',
        inflict: (set) =>
          void set.texts.push({ path: 'SOURCES.md', text: 'Each part is subject to its original license.' }),
        rules: { 'CO-1': 'fail' },
        why: 'the tag is freer than what it stands on',
      },
    ],
    shownElsewhere: [
      {
        file: 'test/conformance/licences/mixtures.spec.ts',
        test: 'of ShareAlike and NonCommercial is forbidden merged, permitted as a collection, and else the form is asked for',
        why: 'terms of each part decide what may be made of a mix',
      },
      {
        file: 'test/conformance/licences/mixtures.spec.ts',
        test: 'of three that no licence fits is forbidden, though each two of them fit: pairs are not enough',
        why: 'which part must be left out is named',
      },
    ],
  },
  {
    pain: 4,
    title: 'the meaning of an action is unknown: frame, absolute or delta, unit',
    injuries: [
      {
        defect: 'no frame and no reference',
        inflict: (set) =>
          void (set.declared.action = {
            controlMode: 'joint_position',
            unit: 'rad',
            gripper: { unit: 'rad', open: 6 },
          }),
        rules: { 'AC-2': 'not_checked' },
        why: 'without them a policy cannot be run: no grade above C',
      },
      {
        defect: 'no unit',
        inflict: (set) => void (set.declared.action = { ...set.declared.action, unit: 'unknown' }),
        rules: { 'AC-1': 'fail', 'ST-1': 'fail' },
        why: 'a word that says nothing is no unit',
      },
    ],
  },
  {
    pain: 5,
    title: 'the published schema is wrong',
    injuries: [
      {
        defect: 'two values where three joints are declared',
        inflict: (set) => void (feature(set, 'observation.state')['shape'] = [3]),
        findings: ['FEATURE_SHAPE_MISMATCH'],
        rules: { 'ST-1': 'fail' },
        why: 'rows are compared with the declared shape',
      },
      {
        defect: 'names of three joints for two values',
        inflict: (set) => void (feature(set, 'action')['names'] = ['a', 'b', 'c']),
        rules: { 'AC-1': 'fail', 'ST-1': 'fail' },
        why: 'names are counted against dimensions',
      },
      {
        defect: 'Cartesian millimetres that are declared as joint angles',
        inflict: ({ plan }) => scaleRows(plan, 'observation.state', 400),
        findings: ['STATS_MISMATCH'],
        rules: { 'MO-1': 'fail' },
        why: 'measured ranges are held to the limits of the joints that they claim to be',
      },
    ],
  },
  {
    pain: 6,
    title: 'gripper conventions differ',
    injuries: [
      {
        defect: 'a gripper whose numbers nobody explains',
        inflict: (set) => void (set.declared.action = { ...set.declared.action, gripper: undefined }),
        rules: { 'AC-2': 'not_checked' },
        why: 'unit and meaning of a gripper must be said',
      },
      {
        defect: 'a gripper at 20 where 6 is open',
        inflict: ({ plan }) => void ((columnOf(firstTable(plan), 'observation.state')[4] as number[])[1] = 20),
        findings: ['STATS_MISMATCH'],
        // The peak is a jump too, in a channel that a gripper may be allowed.
        rules: { 'MO-1': 'fail' },
        why: 'the range of the gripper is held to its limits',
      },
    ],
  },
  {
    pain: 7,
    title: '"only these episodes" does not work',
    shownElsewhere: [
      {
        file: 'test/e2e/journey.e2e-spec.ts',
        test: 'pulls only the files that hold the named episodes, and says which',
        why: 'delivery of a slice, through the command line',
      },
    ],
  },
  {
    pain: 9,
    title: 'downloads stop short without saying so',
    shownElsewhere: [
      {
        file: 'test/e2e/journey.e2e-spec.ts',
        test: 'finds a changed byte, a missing file and a file too many with the network off',
        why: 'what was received is checked against the signed manifest',
      },
      {
        file: 'test/e2e/rights.e2e-spec.ts',
        test: 'over a pull that the store cuts until it gives up, and its second run',
        why: 'a pull that is cut fails, and its second run completes it',
      },
    ],
  },
  {
    pain: 12,
    title: 'conversion from v2.1 to v3 damages data',
    injuries: [
      {
        defect: 'scrambled indices',
        inflict: ({ plan }) => void columnOf(firstTable(plan), 'index').reverse(),
        findings: ['INDEX_GAP'],
        rules: { 'ID-1': 'fail' },
        why: 'every index is compared with its place',
      },
      {
        defect: 'the episode at the border points at the wrong file',
        inflict: ({ plan }) => void (columnOf(plan.episodes, 'data/file_index')[2] = 0n),
        findings: ['EXTRA_FILES', 'FRAME_COUNT_MISMATCH', 'LENGTH_MISMATCH', 'STATS_MISMATCH'],
        // The rows that are read instead end without success, which contradicts what is declared.
        rules: { 'ID-2': 'fail', 'TK-2': 'fail' },
        why: 'the rows of an episode are counted in the file that it names',
      },
      {
        defect: 'frames and video out of step',
        inflict: ({ plan }) => void (columnOf(plan.episodes, `videos/${CAMERA}/to_timestamp`)[2] = 0.5),
        findings: ['VIDEO_FRAME_MISMATCH'],
        rules: { 'FM-1': 'fail', 'TM-4': 'fail' },
        why: 'the span of a video is compared with the rows',
      },
      {
        defect: 'names lost',
        inflict: (set) => void (feature(set, 'action')['names'] = null),
        rules: { 'AC-1': 'not_checked' },
        why: 'an action without names of its dimensions has no grade',
      },
    ],
  },
  {
    pain: 13,
    title: 'versions of a format that readers do not share',
    injuries: [
      {
        defect: 'a version that nobody has heard of',
        inflict: ({ plan }) => void (plan.info['codebase_version'] = 'v9.0'),
        findings: ['UNKNOWN_VERSION'],
        // Nothing could be read: there is no episode either.
        rules: { 'FM-1': 'fail', 'ID-1': 'fail' },
        why: 'what cannot be read is refused before anyone pays',
      },
    ],
  },
  {
    pain: 14,
    title: 'a revision is a stale, truncated snapshot',
    injuries: [
      {
        defect: 'one row left in the table of tasks',
        inflict: ({ plan }) => void plan.tasks.splice(1),
        findings: ['TASK_COUNT_MISMATCH', 'TASK_INDEX_UNKNOWN'],
        rules: { 'TK-1': 'fail' },
        why: 'every row’s task is looked up',
      },
      {
        defect: 'fewer episodes than announced',
        inflict: ({ plan }) => void (plan.info['total_episodes'] = 4),
        findings: ['EPISODE_COUNT_MISMATCH'],
        rules: { 'ID-2': 'fail' },
        why: 'what is announced is counted',
      },
    ],
  },
  {
    pain: 15,
    title: 'timestamps out of tolerance',
    injuries: [
      {
        defect: 'a time half a millisecond off its frame',
        inflict: ({ plan }) => void (columnOf(firstTable(plan), 'timestamp')[6] = Math.fround(6 / 30 + 0.0005)),
        findings: ['TIMESTAMP_TOLERANCE'],
        rules: { 'TM-1': 'fail' },
        why: 'the loader’s own tolerance, on every row',
      },
    ],
  },
  {
    pain: 16,
    title: 'merging loses things',
    injuries: [
      {
        defect: 'the rate dropped',
        inflict: ({ plan }) => delete plan.info['fps'],
        findings: ['INFO_FIELD_MISSING'],
        // Nothing could be read: there is no episode either.
        rules: { 'FM-1': 'fail', 'ID-1': 'fail' },
        why: 'a set without a rate cannot be loaded',
      },
      {
        defect: 'the second part not renumbered',
        inflict: ({ plan }) => {
          const table = Object.values(plan.data)[1] ?? {};
          columnOf(table, 'index').forEach((_, row, index) => void (index[row] = BigInt(row)));
        },
        findings: ['INDEX_GAP'],
        rules: { 'ID-1': 'fail' },
        why: 'indices run through the whole set',
      },
    ],
  },
  {
    pain: 17,
    title: 'camera names do not match',
    injuries: [
      {
        defect: 'the files of a camera under another name',
        inflict: (set) => void (set.files = rename(/observation\.images\.top/, 'observation.images.fixed')),
        findings: ['EXTRA_FILES', 'MISSING_VIDEO'],
        rules: { 'ID-2': 'fail', 'ST-1': 'fail' },
        why: 'a camera that is announced must be there; one that is not announced is said',
      },
      {
        defect: 'calibration of a camera under another name',
        inflict: (set) =>
          void (set.declared.cameras = {
            ...set.declared.cameras,
            fixed: { intrinsics: { fx: 1, fy: 1, cx: 1, cy: 1 } },
          }),
        rules: { 'CA-1': 'fail' },
        why: 'what is declared of a camera must be of a camera of the set',
      },
    ],
  },
  {
    pain: 18,
    title: 'statistics are absent, wrong or degenerate',
    injuries: [
      {
        defect: 'no statistics',
        inflict: (set) => void (set.files = remove(/stats\.json$/)),
        findings: ['STATS_MISSING'],
        why: 'training cannot normalise: the buyer is told',
      },
      {
        defect: 'statistics of other data',
        inflict: ({ plan }) => void ((plan.stats['action'] ?? {})['max'] = [99, 99]),
        findings: ['STATS_MISMATCH'],
        why: 'ours are computed and compared',
      },
      {
        defect: 'quantiles of other data',
        inflict: ({ plan }) => void ((plan.stats['action'] ?? {})['q99'] = [99, 99]),
        findings: ['STATS_MISMATCH'],
        why: 'policies that normalise by quantiles are trained on them',
      },
      {
        defect: 'quantiles left out',
        inflict: ({ plan }) => {
          for (const name of ['q01', 'q99']) delete (plan.stats['action'] ?? {})[name];
        },
        findings: ['STATS_MISSING'],
        why: 'a policy that normalises by them cannot be trained',
      },
      {
        defect: 'a channel without deviation',
        inflict: ({ plan }) => {
          for (const table of Object.values(plan.data))
            for (const row of columnOf(table, 'action') as number[][]) row[1] = 5;
        },
        findings: ['CONSTANT_CHANNEL', 'STATS_MISMATCH'],
        why: 'dividing by its deviation gives no number',
      },
    ],
  },
  {
    pain: 19,
    title: 'wrong or corrupt contents',
    injuries: [
      {
        defect: 'the video of another set',
        inflict: ({ plan }) => {
          for (const video of Object.values(plan.videos)) Object.assign(video, { width: 64, height: 48 });
        },
        findings: ['VIDEO_SIZE_MISMATCH'],
        rules: { 'ST-1': 'fail' },
        why: 'pictures are compared with what is declared of them',
      },
      {
        defect: 'a video cut in half',
        inflict: (set) =>
          void (set.files = (tree) => {
            const path = [...tree.contents.keys()].find((name) => name.endsWith('.mp4')) ?? '';
            const bytes = tree.contents.get(path) ?? new Uint8Array(0);
            tree.contents.set(path, bytes.slice(0, bytes.length >> 1));
          }),
        findings: ['TRUNCATED_FILE'],
        rules: { 'FM-1': 'fail' },
        why: 'every file is read to its end',
      },
      {
        defect: 'a value that is null',
        inflict: ({ plan }) => void (columnOf(firstTable(plan), 'observation.state')[3] = null),
        findings: ['NULL_VALUE', 'STATS_MISMATCH'],
        rules: { 'ST-1': 'fail' },
        why: 'every value is looked at',
      },
      ...['index', 'frame_index', 'task_index'].map((key) => ({
        defect: `${key} that is null`,
        inflict: ({ plan }: Described) => void (columnOf(firstTable(plan), key)[3] = null),
        findings: ['NULL_VALUE'] as const,
        rules: { 'ST-1': 'fail' } as const,
        why: 'an index is a value too',
      })),
      {
        defect: 'episode_index that is null',
        inflict: ({ plan }) => void (columnOf(firstTable(plan), 'episode_index')[3] = null),
        // A row of no episode is missing in its own, and so is what lies behind it: here the flag of its success.
        findings: ['FRAME_COUNT_MISMATCH', 'LENGTH_MISMATCH', 'NULL_VALUE', 'STATS_MISMATCH'],
        rules: { 'ST-1': 'fail', 'ID-2': 'fail', 'TK-2': 'fail' },
        why: 'loaders find the rows of an episode by it',
      },
    ],
  },
  {
    pain: 20,
    title: 'idle and failed segments poison training',
    injuries: [
      {
        defect: 'failures without a reason',
        inflict: (set) => {
          failAll(set.plan);
          set.declared.outcomes = undefined;
        },
        rules: { 'TK-2': 'not_checked' },
        why: 'a buyer who filters failures must know them, and why they failed',
      },
      {
        defect: 'failures that are declared as successes',
        inflict: ({ plan }) => failAll(plan),
        rules: { 'TK-2': 'fail' },
        why: 'declared outcomes are held against the flags of the data',
      },
      {
        defect: 'a robot that stands still to the end',
        inflict: ({ plan }) => {
          for (const key of ['action', 'observation.state'])
            columnOf(firstTable(plan), key).fill([0.5, 1.5], 8, LENGTHS[0]);
        },
        findings: ['STATS_MISMATCH'],
        mayFind: ['PADDED_TAIL'],
        shows: ({ measure: { quality }, results }) => [
          ['repeated rows', quality.paddedTail?.highest[0], { episode: 0, value: 11 }],
          ['idle share', quality.idleShare?.highest[0]?.episode, 0],
          ['report', results.get('MO-2')?.value?.includes('padded up to 11 rows'), true],
        ],
        why: 'a padded tail is said, and the idle share of every episode is measured',
      },
    ],
  },
  {
    pain: 21,
    title: 'language labels are missing',
    injuries: [
      {
        defect: 'a blank instruction',
        inflict: ({ plan }) => {
          const [task] = plan.tasks;
          if (task) task.task = ' ';
          if (plan.episodes['tasks'])
            plan.episodes['tasks'].values = LENGTHS.map((_, e) => [e % 2 === 0 ? ' ' : 'place it in the tray']);
        },
        findings: ['TASK_TEXT_MISSING'],
        rules: { 'TK-1': 'fail' },
        why: 'every episode has a text',
      },
    ],
  },
  {
    pain: 22,
    title: 'camera calibration is absent',
    injuries: [
      {
        defect: 'no calibration',
        inflict: (set) => void (set.declared.cameras = undefined),
        rules: { 'CA-1': 'not_checked', 'CA-2': 'not_checked' },
        why: 'no grade above C without intrinsics, none above B without extrinsics',
      },
      {
        defect: 'calibration in a file that was not uploaded',
        inflict: (set) =>
          void (set.declared.cameras = {
            top: { intrinsics: 'calibration/top.yaml', extrinsics: 'calibration/top.yaml' },
          }),
        rules: { 'CA-1': 'fail', 'CA-2': 'fail' },
        why: 'a file that is named must be there',
      },
    ],
  },
  {
    pain: 24,
    title: 'embodiment metadata are missing',
    injuries: [
      {
        defect: 'which of three robots',
        inflict: (set) => void (set.declared.robot = { ...set.declared.robot, model: 'unknown' }),
        rules: { 'EM-1': 'fail' },
        why: 'a word that says nothing is no name',
      },
      {
        defect: 'no robot at all',
        inflict: (set) => void (set.declared.robot = undefined),
        rules: { 'EM-1': 'not_checked', 'EM-2': 'not_checked', 'MO-1': 'not_checked' },
        why: 'no grade without a named robot',
      },
    ],
  },
];

function failAll(plan: SetPlan): void {
  for (const table of Object.values(plan.data)) columnOf(table, 'next.success').fill(false);
  plan.stats['next.success'] = { min: [0], max: [0], mean: [0], std: [0] };
}

function scaleRows(plan: SetPlan, key: string, factor: number): void {
  for (const table of Object.values(plan.data)) {
    const rows = columnOf(table, key) as number[][];
    rows.forEach((row, i) => void (rows[i] = row.map((value) => Math.fround(value * factor))));
  }
}
