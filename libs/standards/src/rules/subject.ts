import type { CameraFact, DatasetMeasure, StreamFact } from '@app/formats';
import type { DeclaredFacts } from '../declared.js';
import type { Evidence } from '../evidence.js';

/** What a set is about, as several rules ask it. */

const TWO_ARMED = new Set(['dual_arm', 'humanoid_biped', 'humanoid_wheeled', 'human_body']);

const GRIPPER = /gripper|finger|hand|claw/i;

export const streamsOf = (measure: DatasetMeasure, ...roles: StreamFact['role'][]): StreamFact[] =>
  measure.streams.filter((stream) => roles.includes(stream.role));

/** How it was collected: what the data says outweighs what is declared. */
export function methodOf({ measure, declared }: Pick<Evidence, 'measure' | 'declared'>): string | null {
  return measure.collectionMethod ?? declared.collectionMethod ?? null;
}

export function isSimulated({ measure, declared }: Evidence): boolean {
  return (measure.reality ?? declared.reality) === 'simulated';
}

/** A person is recorded and no robot: nothing has a maker, joints or firmware. */
export const isHumanOnly = (declared: DeclaredFacts): boolean => declared.robot?.embodimentClass === 'human_body';

export const hasTwoArms = (declared: DeclaredFacts): boolean => TWO_ARMED.has(declared.robot?.embodimentClass ?? '');

/** What the provider declared of a camera, under its key or its name. */
export function declaredCamera(
  camera: CameraFact,
  declared: DeclaredFacts,
): NonNullable<DeclaredFacts['cameras']>[string] | undefined {
  const { cameras } = declared;
  if (!cameras) return undefined;
  const key = [camera.key, camera.name].find((name) => Object.hasOwn(cameras, name));
  return key === undefined ? undefined : cameras[key];
}

/** Whether something declared as a path is a file of the version. An address or a hash stands for a file elsewhere. */
export function isThere(reference: string, { files, measure }: Evidence): boolean {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(reference) || /^(sha256:)?[0-9a-f]{64}$/i.test(reference)) return true;
  return files.some(({ path }) => path === reference || path === `${measure.rootPath}${reference}`);
}

/** True once the episodes were counted: then outcomes of all of them are known or known to be unknown. */
export function isCoverageMeasured({ episodes, coverage }: DatasetMeasure): boolean {
  const { success, failure, unknown } = coverage.outcomes;
  return episodes > 0 && success + failure + unknown === episodes;
}

/** Whether a stream has a channel of a gripper or hand, by its names or those that are declared for it. */
export function movesGripper({ key, names }: StreamFact, declaredNames: readonly string[]): boolean {
  return [key, ...(names.length > 0 ? names : declaredNames)].some((name) => GRIPPER.test(name));
}
