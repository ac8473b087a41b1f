import type { DatasetMeasure } from '@app/formats';
import type { DeclaredFacts } from '../datasets/declared.rules.js';

/** What is known of a version: measured from its bytes, and declared by its provider when it was checked. */
export interface VersionFacts {
  readonly measured: Omit<DatasetMeasure, 'findings'>;
  readonly declared: DeclaredFacts;
}

/** The columns of a listing that facets and sorting use. */
export interface Listing {
  readonly formats: string[];
  readonly modalities: string[];
  readonly robots: string[];
  readonly embodimentClasses: string[];
  readonly endEffectors: string[];
  readonly taskFamilies: string[];
  readonly skills: string[];
  readonly scenes: string[];
  readonly collectionMethods: string[];
  readonly realities: string[];
  readonly episodes: number;
  readonly frames: number;
  readonly durationS: number;
  readonly sizeBytes: number;
  readonly fps: number | null;
}

const known = (...values: (string | null | undefined)[]): string[] => values.filter((v): v is string => Boolean(v));

/** A listing states measured numbers; only what no machine can know comes from the declaration. */
export function listingOf({ measured, declared }: VersionFacts): Listing {
  const robot = declared.robot ?? {};
  const declaredRobot = known(robot.maker, robot.model).join(' ');
  return {
    formats: [`${measured.format}_${measured.formatVersion}`],
    modalities: [...measured.modalities].sort(),
    robots: known(declaredRobot || measured.robotType),
    embodimentClasses: known(robot.embodimentClass),
    endEffectors: [...new Set(robot.endEffectors ?? [])].sort(),
    taskFamilies: [...new Set(declared.taskFamilies ?? [])].sort(),
    skills: [...new Set(declared.skills ?? [])].sort(),
    scenes: [...new Set(declared.scenes ?? [])].sort(),
    collectionMethods: known(declared.collectionMethod),
    realities: known(declared.reality),
    episodes: measured.episodes,
    frames: measured.frames,
    durationS: measured.durationS,
    sizeBytes: measured.bytes,
    fps: measured.fps ? measured.fps.num / measured.fps.den : null,
  };
}
