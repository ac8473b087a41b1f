import type { DatasetMeasure, Finding } from '@app/formats';
import type { RequestContext } from '@app/kernel';

/** A version whose pictures are to be looked at. */
export interface LookOrder {
  readonly versionId: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number; readonly objectKey: string }[];
  readonly measure: DatasetMeasure;
  readonly signal: AbortSignal;
}

/**
 * Decodes what the reader only counted: every picture of every camera. Asked for by the catalogue before it writes a report,
 * provided by a library above (previews), which draws what a buyer wants to see on the same pass.
 */
export abstract class MediaLook {
  abstract look(ctx: RequestContext, order: LookOrder): Promise<{ findings: Finding[] }>;
}
