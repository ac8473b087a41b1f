import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { ARM_BODIES, ARM_JOINTS, FRAME_RATE_HZ, JOINT_LIMITS, STEPS_PER_FRAME } from './arm.mjcf.js';
import { SIGNALS } from './features.js';
import type { FilmedEpisode, WrittenSet } from './lerobot-writer.js';
import { FRONT_CAMERA, PICTURE, WRIST_CAMERA } from './look.js';
import type { Camera } from './scenery.js';
import type { ShelfSet } from './sets.js';

function lens(camera: Camera): object {
  return {
    model: 'pinhole, no distortion',
    width: PICTURE.width,
    height: PICTURE.height,
    fx: camera.focal,
    fy: camera.focal,
    cx: PICTURE.width / 2,
    cy: PICTURE.height / 2,
  };
}

function mount(camera: Camera, parent: string): object {
  const rounded = (values: readonly number[]): number[] => values.map((v) => Number(v.toFixed(6)));
  const r = camera.rotation;
  return {
    parent,
    convention: 'x right, y down, z forward; p_parent = rotation * p_camera + translation',
    translationM: rounded(camera.position),
    rotation: rounded([r[0], r[3], r[6], r[1], r[4], r[7], r[2], r[5], r[8]]),
    method: 'exact, from the simulated scene',
    residual: 0,
  };
}

/** What no machine can read from the files: written as data, for the publisher to declare. */
export function declaredFacts(
  set: ShelfSet,
  episodes: readonly Pick<FilmedEpisode, 'recording'>[],
  seed: number,
): object {
  const texts = new Map(episodes.map(({ recording: { plan } }) => [plan.instruction, plan.instructionZh]));
  return {
    title: set.title,
    summary: set.summary,
    taskFamilies: set.taskFamilies,
    skills: set.skills,
    scenes: ['simulated'],
    robot: {
      embodimentClass: 'simulated_robot',
      maker: 'Bodega',
      model: 'BD-6 (simulated)',
      dof: 6,
      endEffectors: ['parallel_gripper'],
      firmwareVersion: null,
      modelFile: 'robot/bd6.mjcf.xml',
      jointLimits: Object.fromEntries([...ARM_JOINTS, 'gripper' as const].map((name) => [name, JOINT_LIMITS[name]])),
    },
    collectionMethod: 'simulation',
    reality: 'simulated',
    simulation: {
      engine: 'MuJoCo 3.14.0 (@mujoco/mujoco, WebAssembly)',
      stepsPerSecond: STEPS_PER_FRAME * FRAME_RATE_HZ,
      seed,
      renderer: 'software rasteriser of this project',
    },
    action: {
      controlMode: 'joint_position',
      unit: 'rad',
      names: [...ARM_JOINTS, 'gripper'],
      reference: 'absolute',
      source: 'commanded',
      frame: 'joint',
      gripper: { unit: 'm', meaning: 'travel of each finger; 0.04 is open, below zero keeps squeezing' },
    },
    units: Object.fromEntries(SIGNALS.map((s) => [s.key, s.unit])),
    frames: Object.fromEntries(SIGNALS.map((s) => [s.key, s.frame])),
    frameNotes: {
      base: 'at the foot of the arm on the table; x forward, y left, z up',
      flange:
        'at the wrist, 140 mm above the pad centre; z towards the finger tips; the weight of the hand is not subtracted',
      pad: 'normal force on each finger pad, as its touch sensor sums it; empty fingers closed on each other feel it too',
      gripper: 'free width between the pads',
    },
    clock: 'simulated time; every stream is sampled at the same instant, frame k at k/30 s',
    cameras: {
      'observation.images.front': { intrinsics: lens(FRONT_CAMERA), extrinsics: mount(FRONT_CAMERA, 'base') },
      'observation.images.wrist': {
        intrinsics: lens(WRIST_CAMERA),
        extrinsics: mount(WRIST_CAMERA, `body ${ARM_BODIES[5]} of robot/bd6.mjcf.xml, 190 mm above the pad centre`),
      },
    },
    instructions: [...texts].map(([en, zh]) => ({ en, zh })),
    successCriteria: set.goal,
    objects: objectsOf(episodes),
    outcomes: episodes.map(({ recording }, episode) => ({
      episode,
      outcome: recording.goalShare === 1 ? 'success' : recording.goalShare > 0 ? 'partial' : 'failure',
      failureMode: recording.failureMode,
      recoverable: recording.failureMode === null ? null : true,
    })),
    subtasks: episodes.map(({ recording: { stretches } }, episode) => ({
      episode,
      segments: stretches.map(({ phase, from, to }, i) => ({
        from,
        to: i === stretches.length - 1 ? null : to,
        text: phase ?? 'move',
        ...(phase === null || phase === 'retreat' ? {} : { skill: phase }),
      })),
    })),
    motionExplained: {
      limits:
        'The stops of the simulated fingers are soft. Where a wrong aim brings the hand down on an object, it presses a finger up to 12.5 mm past its stop; empty fingers press each other up to 1.1 mm below zero.',
      jumps:
        'The fingers open within a frame or two, and velocities change as fast where they touch. No joint of the arm jumps.',
    },
    sensorZeroing: {
      method: 'none: simulated sensors have no offset; the weight of the hand stays in the wrench',
    },
    site: null,
    siteReason: 'Simulated: there is no site.',
    operators: 'none; a scripted controller with randomised aim',
    personalData: 'none',
    premisesConsent: 'not_needed',
    provenance: {
      source: 'generated by the simulation of this project, from the seed that is declared',
      rig: 'robot/bd6.mjcf.xml in MuJoCo; nothing of a third party is in scene, meshes or textures',
      operator: 'scripted controller; no person',
      consent: 'not needed: nobody and no place was recorded',
      redistribution: 'from the authors alone; what a holder may pass on is in the licence',
      derivedModels: 'as in the licence',
    },
    license: set.license,
    other: {
      subtasks:
        'Segments are what the scripted controller was told to do; an attempt that misses its grasp goes through the same phases.',
    },
  };
}

/** Everything that can be touched, by name, each once; a bin is one thing, whatever its walls. */
function objectsOf(episodes: readonly Pick<FilmedEpisode, 'recording'>[]): string[] {
  const names = episodes.flatMap(({ recording: { plan } }) => [
    ...plan.world.props.map(({ name }) => name),
    ...plan.world.fixtures.map(({ name }) => name),
  ]);
  return [
    ...new Set(names.map((name) => name.replaceAll('_', ' ').replace(/ (back|front|left|right|floor)$/, ''))),
  ].sort();
}

function card(set: ShelfSet, episodes: readonly FilmedEpisode[], written: WrittenSet, seed: number): string {
  const successes = episodes.filter((e) => e.recording.goalShare === 1).length;
  const failures = episodes.flatMap(({ recording }, i) =>
    recording.failureMode === null
      ? []
      : [`${i} (${recording.failureMode.replace('_', ' ')}, ${Math.round(100 * recording.goalShare)} % of the goal)`],
  );
  const grips = episodes.flatMap((e) => (e.recording.gripForceN === null ? [] : [e.recording.gripForceN]));
  const grip = grips.reduce((a, b) => a + b, 0) / grips.length;
  return `# ${set.title.en}

${set.title.zh}

**This is simulated data.** No robot, person or place was recorded. ${set.summary.en}

${set.summary.zh}

| | |
|---|---|
| Format | LeRobot v3.0 |
| Episodes, frames | ${written.episodes}, ${written.frames} at ${FRAME_RATE_HZ} Hz (${(written.frames / FRAME_RATE_HZ).toFixed(1)} s) |
| Success | ${successes} of ${written.episodes} (${Math.round((100 * successes) / written.episodes)} %), decided by the physics: ${set.goal} |
| Failures kept | ${failures.length === 0 ? 'none occurred' : `episodes ${failures.join(', ')}`} |
| Mean squeeze while carrying | ${grip.toFixed(1)} N per finger |
| Cameras | front and wrist, ${PICTURE.width} × ${PICTURE.height}, H.264, a key frame every 20 frames and at each episode's first |
| Seed | ${seed} |
| SHA-256 of all row values | \`${written.rowsSha256}\` |

## How it was made

A six-axis arm with a parallel gripper, modelled by this project (\`robot/bd6.mjcf.xml\`), runs in MuJoCo at ${STEPS_PER_FRAME * FRAME_RATE_HZ} steps a second.
A scripted controller sends joint positions at ${FRAME_RATE_HZ} Hz; friction alone holds what is gripped, nothing is attached or moved by hand.
Object places, turns, weights and friction, pace, sun and exposure are drawn anew for each episode. The aim is wrong by a few
millimetres, sometimes by two to three centimetres: that is where the failures come from, and they stay in.
Joint positions carry the steps of a 14-bit encoder. Pictures come from a software rasteriser; lens and mounting are in \`dataset.yaml\`.

## Limits

- Simulated contact, friction and light: do not expect a policy to transfer to a real arm without more data.
- The controller is a script: it is smoother and less varied than people, and it does not correct a missed grasp.
- Arm links do not collide with objects; only finger pads, objects, fixtures and table do.
- Timing is ideal: no latency, no jitter, no dropped frames.
- ${set.goal[0]?.toUpperCase()}${set.goal.slice(1)}: \`next.success\` and \`next.reward\` say so on the last frame only.

## Licence

${set.licenseSentence} Declared facts, units and frames are in \`dataset.yaml\`.
`;
}

/** Writes `dataset.yaml` (declared facts) and `README.md` (the card) into the dataset's folder. */
export function writeCard(
  root: string,
  set: ShelfSet,
  episodes: readonly FilmedEpisode[],
  written: WrittenSet,
  seed: number,
): void {
  const head =
    '# Facts that only a person can know, declared by the provider. Everything else is measured from the files.\n';
  writeFileSync(join(root, 'dataset.yaml'), head + stringify(declaredFacts(set, episodes, seed), { lineWidth: 110 }));
  writeFileSync(join(root, 'README.md'), card(set, episodes, written, seed));
}
