import type { CameraFact, DatasetMeasure, Spread, StreamFact } from '@app/formats';
import type { DeclaredFacts, Evidence, ManifestFile, ReleaseEvidence } from '@app/standards';

/** A spread of which every episode is listed. */
export function spread(...values: number[]): Spread {
  const all = values.map((value, episode) => ({ episode, value }));
  return {
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
    mean: values.reduce((sum, value) => sum + value, 0) / values.length,
    lowest: [...all].sort((a, b) => a.value - b.value).slice(0, 10),
    highest: [...all].sort((a, b) => b.value - a.value).slice(0, 10),
  };
}

const JOINTS = ['shoulder', 'elbow', 'gripper'];
const signal = (key: string, role: StreamFact['role']): StreamFact => ({
  key,
  role,
  dtype: 'float32',
  shape: [3],
  names: [...JOINTS],
  unit: null,
  rateHz: 100,
  measuredRateHz: 100.1,
});

const camera: CameraFact = {
  name: 'top',
  key: 'observation.images.top',
  kind: 'rgb',
  carrier: 'video',
  width: 640,
  height: 480,
  fps: 30,
  codec: 'h264',
  declaredCodec: 'h264',
  pixFmt: 'yuv420p',
  frames: 900,
  keyFrames: 30,
  bytes: 1_000,
};

const measure: DatasetMeasure = {
  format: 'mcap',
  formatVersion: 'mcap',
  rootPath: '',
  fps: { num: 100, den: 1 },
  fpsSource: 'measured',
  robotType: 'arm',
  collectionMethod: null,
  reality: null,
  episodes: 3,
  frames: 3_000,
  durationS: 30,
  bytes: 2_000,
  files: 2,
  streams: [
    signal('action', 'action'),
    signal('observation.state', 'state'),
    { key: camera.key, role: 'video', dtype: 'video', shape: [480, 640, 3], names: [], unit: null, rateHz: 30 },
    { key: 'timestamp', role: 'time', dtype: 'float64', shape: [1], names: [], unit: 's', rateHz: 100 },
  ],
  cameras: [camera],
  tasks: ['put the cup on the plate'],
  modalities: ['action', 'force_torque', 'joint_position', 'language', 'rgb'],
  quality: {
    durationS: spread(9, 10, 11),
    rateRatio: spread(0.999, 1, 1.001),
    rates: {
      action: spread(99.9, 100, 100.1),
      'observation.state': spread(99.9, 100, 100.1),
      [camera.key]: spread(29.97, 30, 30.01),
    },
    jitterS: spread(0.0001, 0.0001, 0.0002),
    clockFaults: spread(0, 0, 0),
    completeness: spread(1, 0.999, 1),
    cameraOffsetS: spread(0.005, 0.004, 0.006),
    videoRowGap: spread(0, 0, 0),
    idleShare: spread(0.1, 0.2, 0.1),
    jerk: spread(4, 5, 6),
    maxSpeed: spread(1, 1.2, 1.1),
    jumps: spread(0, 0, 0),
    paddedTail: spread(0, 0, 0),
    ranges: {
      'observation.state': { min: [-1, -1.5, 0], max: [1, 1.5, 0.08] },
      action: { min: [-1.2, -1.5, -0.01], max: [1.2, 1.5, 0.08] },
    },
    constantChannels: {},
    duplicates: { count: 0, pairs: [] },
  },
  coverage: {
    tasks: [{ text: 'put the cup on the plate', episodes: 3, frames: 3_000 }],
    operators: [],
    scenes: [],
    outcomes: { success: 2, failure: 1, unknown: 0 },
    withTask: 3,
    withSubtasks: 3,
    subtaskFaults: [],
  },
  unknowns: {},
  findings: [],
};

const declared: DeclaredFacts = {
  robot: {
    embodimentClass: 'single_arm',
    maker: 'Acme',
    model: 'One',
    dof: 2,
    endEffectors: ['parallel_gripper'],
    urdf: 'robot/one.urdf',
    firmwareVersion: '2.4.1',
    jointLimits: { shoulder: [-2, 2], elbow: [-2, 2], gripper: [0, 0.08] },
    velocityLimits: { shoulder: 3, elbow: 3 },
  },
  action: {
    controlMode: 'joint_position',
    unit: 'rad',
    frame: 'joint',
    reference: 'absolute',
    source: 'commanded',
    gripper: { unit: 'm', open: 0.08, closed: 0 },
  },
  units: { 'observation.state': 'rad' },
  cameras: {
    [camera.key]: {
      intrinsics: { fx: 600, fy: 600, cx: 320, cy: 240 },
      extrinsics: { parent: 'base', method: 'charuco', date: '2026-05-01', residual: 0.2 },
    },
  },
  sensorZeroing: { method: 'unloaded, before each session', date: '2026-05-01' },
  taskFamilies: ['placement'],
  scenes: ['kitchen'],
  objects: ['cup', 'plate'],
  operators: ['P1'],
  outcomes: [
    { episode: 0, outcome: 'success' },
    { episode: 1, outcome: 'success' },
    { episode: 2, outcome: 'failure', failureMode: 'drop', recoverable: true },
  ],
  collectionMethod: 'teleop_leader_follower',
  reality: 'real_robot',
  personalData: 'present_with_consent',
  consentScope: ['research', 'commercial', 'redistribution', 'derived_model'],
  contributors: [
    {
      pseudonym: 'P1',
      consentHash: 'c'.repeat(64),
      scope: ['research', 'commercial', 'redistribution', 'derived_model'],
    },
  ],
  premisesConsent: 'obtained',
  license: 'CC-BY-4.0',
  provenance: {
    source: 'recorded by the provider',
    rig: 'one arm, one leader',
    operator: 'P1',
    consent: 'signed, hash recorded',
    redistribution: 'from the provider alone',
    derivedModels: 'free, with attribution',
  },
  titleCertificate: { number: 'T-1', issuer: 'Exchange', expires: '2030-01-01' },
};

const files: ManifestFile[] = [
  { path: 'run.mcap', sizeBytes: 1_900, sha256: 'a'.repeat(64), mediaType: 'application/octet-stream', verified: true },
  { path: 'robot/one.urdf', sizeBytes: 100, sha256: 'b'.repeat(64), mediaType: 'application/xml', verified: true },
];

const release: ReleaseEvidence = {
  merkleRoot: 'd'.repeat(64),
  isSigned: true,
  isLogged: true,
  isTitleConfirmed: true,
  checkedOn: '2026-06-01',
};

/** A set with nothing to object to and nothing left out: every rule passes. A fresh copy each time. */
export function cleanEvidence(): Evidence {
  return structuredClone({ measure, declared, files, release });
}
