import { beforeAll, describe, expect, it } from '@jest/globals';
import type { RuleOutcome } from '@app/standards';
import { EMBODIED_V2, gradeOf } from '@app/standards';
import { MemoryFileTree } from '../../support/file-trees.js';
import { JOINTS, makeRecording } from '../../support/recordings.js';
import { writeMcap } from '../../support/written/mcap.js';
import type { TimedMessage } from '../../support/written/ros-messages.js';
import { messagesOf, stampOf } from '../../support/written/ros-messages.js';
import { LENGTHS } from '../lerobot/clean-set.js';
import type { SetPlan } from '../lerobot/clean-set.js';
import type { Described, Judged } from '../pains/described-set.js';
import { describedSet, judge, judgeTree } from '../pains/described-set.js';

/** Messages of a recording, changed before they are written; what is said of them, too. */
interface DescribedRecording extends Omit<Described, 'plan' | 'files'> {
  change?: (messages: TimedMessage[]) => TimedMessage[];
}

/** A defect in the files of a clean set, or in what is said of it: every rule that it makes fail, and no other. */
interface Injury {
  readonly rules: readonly string[];
  readonly defect: string;
  readonly set?: (set: Described) => unknown;
  /** In a recording of streams with clocks of their own; LeRobot has one clock. */
  readonly recording?: (set: DescribedRecording) => unknown;
}

const PICTURES = /image_raw/;
const recorded = makeRecording({ episodes: 2, frames: 90, width: 32, height: 24 });
const calibrated = {
  intrinsics: { fx: 30, fy: 30, cx: 16, cy: 12 },
  extrinsics: { parent: 'base', method: 'exact', residual: 0 },
};

/** The described set, told of streams of messages. */
function describedRecording(): DescribedRecording {
  const { declared, texts, release } = describedSet();
  return {
    texts,
    release,
    declared: {
      ...declared,
      robot: {
        ...declared.robot,
        dof: 6,
        jointLimits: Object.fromEntries(JOINTS.map((joint) => [joint, [-2, 2] as const])),
      },
      units: { '/joint_states/position': 'rad', '/joint_commands/position': 'rad' },
      cameras: { top: calibrated, wrist: calibrated },
      outcomes: recorded.map((_, episode) => ({ episode, outcome: 'success' as const })),
    },
  };
}

async function judgeRecording({ change = (messages) => messages, ...set }: DescribedRecording): Promise<Judged> {
  const files = new Map<string, Uint8Array>();
  for (const [e, episode] of recorded.entries()) {
    const messages = await messagesOf(episode);
    // The second one is damaged; the first one stays as it was.
    files.set(`${episode.name}.mcap`, await writeMcap(e === 1 ? change(messages) : messages, { notes: NOTES }));
  }
  return judgeTree(new MemoryFileTree(files), set);
}
const NOTES = { robot: 'One', operator: 'a script', scene: 'simulated', success: 'true' };

/** The same message, stamped and recorded later. */
function later({ topic, type, timeNs, value }: TimedMessage, byNs: bigint): TimedMessage {
  const header = { ...(value['header'] as object), stamp: stampOf(timeNs + byNs) };
  return { topic, type, timeNs: timeNs + byNs, value: { ...value, header } };
}

const columnOf = (plan: SetPlan, key: string): unknown[] => Object.values(plan.data)[0]?.[key]?.values ?? [];
const videoIn = (tree: MemoryFileTree): string => [...tree.contents.keys()].find((path) => path.endsWith('.mp4')) ?? '';

const INJURIES: readonly Injury[] = [
  {
    rules: ['FM-1'],
    defect: 'a video whose tables are cut off',
    set: (set) =>
      void (set.files = (tree) => {
        const bytes = tree.contents.get(videoIn(tree)) ?? new Uint8Array(0);
        tree.contents.set(videoIn(tree), bytes.slice(0, Buffer.from(bytes).indexOf('moov') - 4));
      }),
  },
  { rules: ['ID-1'], defect: 'a hole in the global index', set: ({ plan }) => void (columnOf(plan, 'index')[5] = 99n) },
  {
    rules: ['ID-2'],
    defect: 'one frame more announced than there is',
    set: ({ plan }) => void (plan.info['total_frames'] = Number(plan.info['total_frames']) + 1),
  },
  {
    rules: ['ID-3'],
    defect: 'one byte of a picture that is stored otherwise than listed',
    set: (set) =>
      void (set.stored = (tree) => {
        const bytes = Uint8Array.from(tree.contents.get(videoIn(tree)) ?? []);
        const at = Buffer.from(bytes).indexOf('mdat') + 8;
        bytes[at] = (bytes[at] ?? 0) ^ 1;
        tree.contents.set(videoIn(tree), bytes);
      }),
  },
  {
    rules: ['EM-1'],
    defect: 'a robot of an unknown maker',
    set: (set) => void (set.declared.robot = { ...set.declared.robot, maker: 'unknown' }),
  },
  {
    rules: ['EM-2'],
    defect: 'a robot description that was not uploaded',
    set: (set) => void (set.declared.robot = { ...set.declared.robot, urdf: 'robot/one.urdf' }),
  },
  {
    rules: ['AC-1', 'ST-1'],
    defect: 'three names for an action of two dimensions',
    set: ({ plan }) => void ((plan.info.features['action'] ?? {})['names'] = ['a', 'b', 'c']),
  },
  {
    rules: ['AC-2'],
    defect: 'an action in an unknown frame',
    set: (set) => void (set.declared.action = { ...set.declared.action, frame: 'unknown' }),
  },
  {
    rules: ['ST-1'],
    defect: 'pictures of another size than declared',
    set: ({ plan }) => {
      for (const video of Object.values(plan.videos)) Object.assign(video, { width: 64 });
    },
  },
  {
    rules: ['ST-2'],
    defect: 'a camera that gives every second picture',
    recording: (set) =>
      void (set.change = (messages) => {
        let seen = 0;
        return messages.filter(({ topic }) => !/wrist/.test(topic) || (seen += 1) % 2 === 0);
      }),
  },
  {
    rules: ['TM-1'],
    defect: 'a row that is stamped before the one before it',
    set: ({ plan }) => void (columnOf(plan, 'timestamp')[6] = Math.fround(4 / 30)),
  },
  {
    rules: ['TM-2'],
    defect: 'pictures 15 ms later than the joints',
    recording: (set) =>
      void (set.change = (messages) =>
        messages
          .map((message) => (PICTURES.test(message.topic) ? later(message, 15_000_000n) : message))
          .sort((a, b) => Number(a.timeNs - b.timeNs))),
  },
  {
    rules: ['TM-3'],
    defect: 'five pictures in a row that are lost',
    recording: (set) =>
      void (set.change = (messages) => {
        let seen = 0;
        return messages.filter(({ topic }) => !PICTURES.test(topic) || (seen += 1) < 60 || seen >= 70);
      }),
  },
  {
    rules: ['TM-4', 'FM-1'],
    defect: 'a span of video that is shorter than the rows',
    set: ({ plan }) => {
      const key = Object.keys(plan.episodes).find((name) => name.endsWith('/to_timestamp')) ?? '';
      (plan.episodes[key]?.values ?? [])[2] = 0.3;
    },
  },
  {
    rules: ['CA-1', 'CA-2'],
    defect: 'a calibration file that was not uploaded',
    set: (set) =>
      void (set.declared.cameras = { top: { intrinsics: 'calibration/top.yaml', extrinsics: 'calibration/top.yaml' } }),
  },
  {
    rules: ['CA-2'],
    defect: 'a file of camera poses that was not uploaded',
    set: (set) => void (set.declared.cameras = { top: { ...calibrated, extrinsics: 'calibration/top.yaml' } }),
  },
  {
    // The row is in no part of the episode either.
    rules: ['TK-1', 'TK-3'],
    defect: 'a row of a task that is not in the table',
    set: ({ plan }) => void (columnOf(plan, 'task_index')[3] = 7n),
  },
  {
    rules: ['TK-2'],
    defect: 'a success that the data calls a failure',
    set: ({ plan }) => {
      columnOf(plan, 'next.success').fill(false, 0, LENGTHS[0]);
      delete plan.stats['next.success'];
    },
  },
  {
    rules: ['TK-3'],
    defect: 'sub-tasks with a hole between them',
    set: (set) =>
      void (set.declared.subtasks = LENGTHS.map((_, episode) => ({
        episode,
        segments: [
          { from: 0, to: 5, text: 'reach' },
          { from: 6, to: null, text: 'grasp' },
        ],
      }))),
  },
  {
    rules: ['MO-1'],
    defect: 'a joint beyond its limit',
    set: ({ plan }) => void ((columnOf(plan, 'observation.state')[4] as number[])[0] = 9),
  },
  {
    rules: ['DI-1'],
    defect: 'an episode that is there twice',
    recording: (set) => void (set.change = () => copied),
  },
  { rules: ['CO-1'], defect: 'a licence called "other"', set: (set) => void (set.declared.license = 'other') },
  {
    rules: ['CO-2'],
    defect: 'people of whom nobody says what they agreed to',
    set: (set) => void (set.declared.personalData = 'present_with_consent'),
  },
  {
    // The texts of the set contradict each other too.
    rules: ['CO-1', 'CO-2'],
    defect: 'people who agreed to research only, under a licence for everything',
    set: (set) => {
      set.declared.personalData = 'present_with_consent';
      set.declared.consentScope = ['research'];
      set.declared.contributors = [{ pseudonym: 'P1', consentHash: 'c'.repeat(64) }];
    },
  },
  {
    rules: ['CO-3'],
    defect: 'premises that did not agree',
    // What is simulated was recorded nowhere.
    set: (set) => Object.assign(set.declared, { reality: 'real', premisesConsent: 'missing' }),
  },
  {
    rules: ['CO-4'],
    defect: 'a rig that nobody knows',
    set: (set) => void (set.declared.provenance = { ...set.declared.provenance, rig: 'unknown' }),
  },
  {
    rules: ['CO-5'],
    defect: 'a title that its issuer does not know',
    set: (set) => {
      set.declared.titleCertificate = { number: 'T-1', issuer: 'Exchange', expires: '2099-01-01' };
      set.release.isTitleConfirmed = false;
    },
  },
  { rules: ['AU-1'], defect: 'a signature that does not verify', set: (set) => void (set.release.isSigned = false) },
];

let copied: TimedMessage[] = [];

const failuresOf = ({ results }: Judged): string[] =>
  [...results].filter(([, { result }]) => result === 'fail').map(([rule]) => rule);

const INDIFFERENT: readonly RuleOutcome[] = ['pass', 'not_applicable'];

describe('a set without a fault', () => {
  it.each([
    ['of one clock', () => judge(describedSet())],
    ['of streams with clocks of their own', () => judgeRecording(describedRecording())],
  ])('%s has no finding, passes every rule that applies to it, and is grade A', async (_, judging) => {
    const { findings, results } = await judging();

    expect(findings).toEqual([]);
    expect([...results.values()].filter(({ result }) => !INDIFFERENT.includes(result))).toEqual([]);
    expect(gradeOf([...results.values()]).grade).toBe('A');
  });
});

describe('a defect in a set without a fault', () => {
  beforeAll(async () => {
    const [first] = recorded;
    copied = first ? await messagesOf(first) : [];
  });

  it.each(INJURIES.map((injury) => [injury.rules.join(', '), injury.defect, injury] as const))(
    'makes %s fail, and nothing else: %s',
    async (_, __, { rules, set: inSet, recording: inRecording }) => {
      const [set, recording] = [describedSet(), describedRecording()];
      inSet?.(set);
      inRecording?.(recording);

      const judged = await (inRecording ? judgeRecording(recording) : judge(set));

      expect(failuresOf(judged).sort()).toEqual([...rules].sort());
      for (const rule of rules) expect(judged.results.get(rule)?.message).not.toBe('');
    },
  );

  it('is told by MO-2, which reports and does not judge', async () => {
    const still = describedSet();
    for (const key of ['action', 'observation.state']) columnOf(still.plan, key).fill([0.5, 1.5], 6, LENGTHS[0]);

    const before = (await judge(describedSet())).results.get('MO-2');
    const after = (await judge(still)).results.get('MO-2');

    expect([before?.value, after?.value]).toEqual([
      expect.stringContaining('padded up to 0 rows'),
      expect.stringContaining('padded up to 13 rows'),
    ]);
  });

  it('is there for each of the rules', () => {
    const told = new Set(INJURIES.flatMap(({ rules }) => rules));

    expect(EMBODIED_V2.rules.map(({ id }) => id).filter((id) => !told.has(id))).toEqual(['MO-2']);
  });
});
