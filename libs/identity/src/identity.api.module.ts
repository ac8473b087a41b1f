import { Module } from '@nestjs/common';
import { IdentityModule } from './identity.module.js';
import { ApiKeyResolver } from './keys/api-key.resolver.js';
import { OrganizationResolver } from './organizations/organization.resolver.js';
import { SessionResolver } from './sessions/session.resolver.js';

/** Identity as the API offers it. */
@Module({
  imports: [IdentityModule],
  providers: [ApiKeyResolver, OrganizationResolver, SessionResolver],
  exports: [IdentityModule],
})
export class IdentityApiModule {}
