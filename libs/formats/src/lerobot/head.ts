import type { CameraSpec, SignalSpec, SourceHead } from '../dataset-source.js';
import { toCodecName } from '../mp4/codecs.js';
import type { Feature } from './features.js';
import { cameraName, declaredSize } from './features.js';
import type { OpenedLerobot } from './open-lerobot.js';

const UNITS_REASON = 'LeRobot does not declare units';

/** What a set says of itself. */
export function toHead({ reading: { info, version }, tasks }: OpenedLerobot): SourceHead {
  const rateHz = info.fps.num / info.fps.den;
  return {
    format: 'lerobot',
    formatVersion: version,
    fps: { value: info.fps },
    robotType:
      info.robotType === null ? { value: null, reason: 'info.json has no robot_type' } : { value: info.robotType },
    collectionMethod: { value: null, reason: 'LeRobot does not say how a set was collected' },
    reality: { value: null, reason: 'LeRobot does not say whether a set is real or simulated' },
    signals: info.features.flatMap((feature) => (isSignal(feature) ? [toSignal(feature, rateHz)] : [])),
    cameras: info.features.filter(isCamera).map((feature) => toCamera(feature, rateHz)),
    tasks: tasks ? [...tasks.values()] : [],
    referenceKey: null,
    announcedEpisodes: info.totalEpisodes,
  };
}

function isCamera({ role }: Feature): boolean {
  return role === 'video' || role === 'image';
}

/** Structured language annotations are neither numbers nor text of a row. */
function isSignal(feature: Feature): boolean {
  return !isCamera(feature) && feature.dtype !== 'language';
}

function toSignal(feature: Feature, rateHz: number): SignalSpec {
  return {
    key: feature.key,
    role: feature.role,
    dtype: feature.dtype,
    shape: feature.shape,
    names: feature.names,
    unit: feature.role === 'time' ? { value: 's' } : { value: null, reason: UNITS_REASON },
    clock: 'frames',
    nominalRateHz: rateHz,
  };
}

/** A feature of role video or image as a camera. */
export function toCamera(feature: Feature, rateHz: number): CameraSpec {
  const size = declaredSize(feature);
  const codec = feature.declared['video.codec'] ?? feature.declared['codec'];
  const unit = feature.declared['depth_unit'];
  return {
    key: feature.key,
    name: cameraName(feature.key),
    kind: feature.isDepth || /depth/i.test(feature.key) ? 'depth' : 'rgb',
    carrier: feature.role === 'video' ? 'video' : 'images',
    width: size?.width ?? null,
    height: size?.height ?? null,
    nominalRateHz: rateHz,
    clock: 'frames',
    declaredCodec: typeof codec === 'string' ? toCodecName(codec) : null,
    ...(unit === 'm' || unit === 'mm' ? { depthUnit: unit } : {}),
  };
}
