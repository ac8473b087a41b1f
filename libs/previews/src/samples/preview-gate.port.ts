import type { RequestContext } from '@app/kernel';

/**
 * Who may look at samples. Provided by whoever decides on downloads, so that both answers come from one place: previews
 * do not know grants.
 */
export abstract class PreviewGate {
  /** Those of the versions whose samples may be shown to the asker; asked once for all versions of an operation. */
  abstract mayLook(ctx: RequestContext, versionIds: readonly string[]): Promise<ReadonlySet<string>>;
}
