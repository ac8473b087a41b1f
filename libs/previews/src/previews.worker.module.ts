import { Global, Module } from '@nestjs/common';
import { MediaLook } from '@app/catalog';
import { MakePreviews } from './look/make-previews.service.js';
import { SampleCandidates } from './look/sample-candidates.queries.js';
import { PreviewsModule } from './previews.module.js';

/** Eyes for the worker. Global, because the catalogue below asks for them without knowing who has them. */
@Global()
@Module({
  imports: [PreviewsModule],
  providers: [SampleCandidates, MakePreviews, { provide: MediaLook, useExisting: MakePreviews }],
  exports: [MediaLook],
})
export class PreviewsWorkerModule {}
