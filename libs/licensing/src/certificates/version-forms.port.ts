import type { RequestContext } from '@app/kernel';

/** A standard form in which a version can be taken, by its own content address. */
export interface VersionForm {
  /** `lerobot_v3.0`, as `bodega pull --as` names it. */
  readonly form: string;
  readonly commit: string;
  readonly merkleRoot: string;
}

/** Which forms of a version are ready. Asked of the process, because licensing does not know who makes them. */
export abstract class VersionForms {
  /** In order of their names. */
  abstract formsOf(ctx: RequestContext, versionId: string): Promise<VersionForm[]>;
}
