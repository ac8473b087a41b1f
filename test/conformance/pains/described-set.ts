import { createHash } from 'node:crypto';
import type { DatasetMeasure } from '@app/formats';
import type { DeclaredFacts, ReleaseEvidence, RuleResult, TextFile } from '@app/standards';
import { EMBODIED_V2, evaluateProfile } from '@app/standards';
import type { MemoryFileTree } from '../../support/file-trees.js';
import type { SetPlan } from '../lerobot/clean-set.js';
import { CAMERA, FPS, LENGTHS, cleanSet, writeSet } from '../lerobot/clean-set.js';
import { measure } from '../lerobot/measuring.js';

const RATE_HZ = 30;

/** A clean LeRobot set with everything declared that a person must say, before a test damages one thing. */
export interface Described {
  plan: SetPlan;
  declared: { -readonly [K in keyof DeclaredFacts]: DeclaredFacts[K] };
  /** README, cards and LICENSE files beside the recordings. */
  texts: TextFile[];
  /** Damages the written files. */
  files?: (tree: MemoryFileTree) => void;
  /** Damages what is stored, behind the back of the manifest. */
  stored?: (tree: MemoryFileTree) => void;
  release: { -readonly [K in keyof ReleaseEvidence]: ReleaseEvidence[K] };
}

/** What came out: the findings, and the rules that do not pass. */
export interface Judged {
  measure: DatasetMeasure;
  /** Codes of findings, those apart that LeRobot cannot help: it has no units. */
  findings: string[];
  results: Map<string, RuleResult>;
}

export function describedSet(): Described {
  return {
    plan: withOutcomes(atRate(cleanSet('v3.0'))),
    release: { merkleRoot: 'b'.repeat(64), isSigned: true, isLogged: true },
    texts: [
      {
        path: 'README.md',
        text: '---\nlicense: cc-by-4.0\n---\n# Cubes\n\n## License\n\nThe data is under CC BY 4.0.\n',
      },
      { path: 'LICENSE', text: 'Creative Commons Attribution 4.0 International Public License\n' },
    ],
    declared: {
      robot: {
        embodimentClass: 'single_arm',
        maker: 'Acme',
        model: 'One',
        dof: 1,
        endEffectors: ['parallel_gripper'],
        urdf: 'https://example.org/one.urdf',
        firmwareVersion: '1.0',
        jointLimits: { shoulder: [-4, 4], gripper: [-4, 6] },
      },
      action: {
        controlMode: 'joint_position',
        unit: 'rad',
        frame: 'joint',
        reference: 'absolute',
        source: 'commanded',
        gripper: { unit: 'rad', open: 6, closed: -4 },
      },
      units: { 'observation.state': 'rad' },
      cameras: {
        top: {
          intrinsics: { fx: 30, fy: 30, cx: 16, cy: 12 },
          extrinsics: { parent: 'base', method: 'exact', residual: 0 },
        },
      },
      taskFamilies: ['pick_and_place'],
      scenes: ['simulated'],
      objects: ['red cube', 'tray'],
      operators: 'a script',
      outcomes: LENGTHS.map((_, episode) => ({ episode, outcome: 'success' as const })),
      subtasks: 'atomic',
      simulation: { engine: 'made up 1.0' },
      collectionMethod: 'simulation',
      reality: 'simulated',
      personalData: 'none',
      premisesConsent: 'not_needed',
      license: 'CC-BY-4.0',
      provenance: {
        source: 'made for tests',
        rig: 'made up',
        operator: 'a script',
        consent: 'not needed',
        redistribution: 'free',
        derivedModels: 'free',
      },
    },
  };
}

export async function judge({ plan, files, ...set }: Described): Promise<Judged> {
  const tree = writeSet(plan);
  files?.(tree);
  return judgeTree(tree, set);
}

/** Measures files and holds them, with what is said of them, to the profile. */
export async function judgeTree(
  tree: MemoryFileTree,
  { declared, texts, stored, release }: Omit<Described, 'plan' | 'files'>,
): Promise<Judged> {
  const listed = [...tree.contents].map(([path, bytes]) => ({
    path,
    sizeBytes: bytes.byteLength,
    sha256: sha256(bytes),
  }));
  stored?.(tree);
  const { set } = await measure(tree);
  const results = evaluateProfile(EMBODIED_V2, {
    measure: set,
    declared,
    files: listed.map((file) => ({
      ...file,
      mediaType: 'application/octet-stream',
      verified: sha256(tree.contents.get(file.path)) === file.sha256,
    })),
    texts,
    release,
  });
  return {
    measure: set,
    findings: [...new Set(set.findings.map(({ code }) => code))].filter((code) => code !== 'UNITS_UNKNOWN').sort(),
    results: new Map(results.map((result) => [result.rule, result])),
  };
}

const sha256 = (bytes: Uint8Array = new Uint8Array(0)): string => createHash('sha256').update(bytes).digest('hex');

/** With the flag that says in the last row of each episode that it succeeded. */
function withOutcomes(plan: SetPlan): SetPlan {
  plan.info.features['next.success'] = { dtype: 'bool', shape: [1], names: null };
  for (const table of Object.values(plan.data)) {
    const episodes = table['episode_index']?.values ?? [];
    const values = episodes.map((episode, row) => episodes[row + 1] !== episode);
    table['next.success'] = { type: 'BOOLEAN', depth: 0, values };
  }
  const frames = LENGTHS.reduce((sum, length) => sum + length, 0);
  const share = LENGTHS.length / frames;
  plan.stats['next.success'] = {
    min: [0],
    max: [1],
    mean: [share],
    std: [Math.sqrt(share * (1 - share))],
    count: [frames],
  };
  return plan;
}

/** The same rows and pictures at the rate of a real set. */
function atRate(plan: SetPlan): SetPlan {
  const scale = FPS / RATE_HZ;
  plan.info['fps'] = RATE_HZ;
  const { info } = plan.info.features[CAMERA] as { info: Record<string, unknown> };
  info['video.fps'] = RATE_HZ;
  for (const table of Object.values(plan.data))
    if (table['timestamp'] && table['frame_index'])
      table['timestamp'].values = table['frame_index'].values.map((frame) => Math.fround(Number(frame) / RATE_HZ));
  for (const video of Object.values(plan.videos)) video.timescale /= scale;
  for (const edge of ['from_timestamp', 'to_timestamp']) {
    const column = plan.episodes[`videos/${CAMERA}/${edge}`];
    if (column) column.values = column.values.map((seconds) => Number(seconds) * scale);
  }
  return plan;
}
