import { Global, Injectable, Module } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';
import { VersionForms } from '@app/licensing';
import type { VersionForm } from '@app/licensing';
import { RENDITION_TARGETS, RenditionQueries, RenditionsModule } from '@app/renditions';

/** Certificates name the standard forms of a version, whose makers licensing does not know. */
@Injectable()
class RenditionForms extends VersionForms {
  constructor(private readonly renditions: RenditionQueries) {
    super();
  }

  async formsOf(ctx: RequestContext, versionId: string): Promise<VersionForm[]> {
    const forms: VersionForm[] = [];
    for (const target of [...RENDITION_TARGETS].sort()) {
      const made = await this.renditions.ready(ctx, versionId, target);
      if (!made || made.commitId === null || made.merkleRoot === null) continue;
      forms.push({ form: target, commit: made.commitId, merkleRoot: made.merkleRoot });
    }
    return forms;
  }
}

@Global()
@Module({
  imports: [RenditionsModule],
  providers: [{ provide: VersionForms, useClass: RenditionForms }],
  exports: [VersionForms],
})
export class RenditionFormsModule {}
