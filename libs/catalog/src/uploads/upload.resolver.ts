import { Args, Mutation, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { VersionPayload, toVersionType } from '../versions/version.graphql.js';
import { VersionQueries } from '../versions/version.queries.js';
import {
  BeginUploadInput,
  BeginUploadPayload,
  CompleteUploadInput,
  CompleteUploadPayload,
  RemoveFilesInput,
} from './upload.graphql.js';
import { UploadService } from './upload.service.js';

@Resolver()
export class UploadResolver {
  constructor(
    private readonly uploads: UploadService,
    private readonly versions: VersionQueries,
  ) {}

  @Allow('provider')
  @Mutation(() => BeginUploadPayload, {
    description: 'Announces files and says where their missing parts go. Asking again resumes.',
  })
  async beginUpload(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => BeginUploadInput }) input: BeginUploadInput,
  ): Promise<BeginUploadPayload> {
    const { versionId, files } = await this.uploads.beginUpload(ctx, input);
    return {
      version: toVersionType(await this.versions.byId(ctx, versionId)),
      files: files.map((f) => ({ ...f, parts: [...f.parts], uploadedParts: [...f.uploadedParts] })),
    };
  }

  @Allow('provider')
  @Mutation(() => CompleteUploadPayload, {
    description: 'Joins the parts of files that have arrived whole. May be repeated.',
  })
  async completeUpload(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => CompleteUploadInput }) input: CompleteUploadInput,
  ): Promise<CompleteUploadPayload> {
    return { files: await this.uploads.completeUpload(ctx, input) };
  }

  @Allow('provider')
  @Mutation(() => VersionPayload, { description: 'Takes announced files out of a version that is still uploading.' })
  async removeFiles(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => RemoveFilesInput }) input: RemoveFilesInput,
  ): Promise<VersionPayload> {
    await this.uploads.removeFiles(ctx, input);
    return { version: toVersionType(await this.versions.byId(ctx, input.versionId)) };
  }
}
