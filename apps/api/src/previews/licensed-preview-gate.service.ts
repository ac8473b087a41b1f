import { Injectable } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { SampleDecision } from '@app/licensing';
import { PreviewGate } from '@app/previews';

/** Previews ask licensing, which they do not know. */
@Injectable()
export class LicensedPreviewGate extends PreviewGate {
  constructor(private readonly decision: SampleDecision) {
    super();
  }

  mayLook(ctx: RequestContext, versionIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.decision.mayLook(ctx, versionIds);
  }
}
