import { Module } from '@nestjs/common';
import { RenditionsModule } from './renditions.module.js';
import { AffectedVersionRenditionsResolver, VersionRenditionsResolver } from './shelf/rendition.resolver.js';

/** Standard forms on the API. */
@Module({ imports: [RenditionsModule], providers: [VersionRenditionsResolver, AffectedVersionRenditionsResolver] })
export class RenditionsApiModule {}
