import { Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { ActorQueries } from './authentication/actor.queries.js';
import { Authenticator } from './authentication/authenticator.js';
import { RateLimiter } from './authentication/rate-limiter.js';
import { RequestOpener } from './authentication/request-opener.js';
import { SessionSecret } from './authentication/session-secret.js';
import { ViewerQueries } from './authentication/viewer.queries.js';
import { ApiKeyEntity } from './keys/api-key.entity.js';
import { ApiKeyService } from './keys/api-key.service.js';
import { Identity1763600001000 } from './migrations/1763600001000-identity.js';
import { MembershipEntity } from './organizations/membership.entity.js';
import { OrganizationEntity } from './organizations/organization.entity.js';
import { OrganizationQueries } from './organizations/organization.queries.js';
import { OrganizationService } from './organizations/organization.service.js';
import { SessionService } from './sessions/session.service.js';
import { UserEntity } from './users/user.entity.js';
import { UserService } from './users/user.service.js';

registerTables({
  domain: 'identity',
  entities: [OrganizationEntity, MembershipEntity, UserEntity, ApiKeyEntity],
  migrations: [Identity1763600001000],
});

const services = [
  ActorQueries,
  Authenticator,
  RateLimiter,
  RequestOpener,
  SessionSecret,
  ViewerQueries,
  ApiKeyService,
  OrganizationQueries,
  OrganizationService,
  SessionService,
  UserService,
];

/** Who people are, for every process. */
@Module({ providers: services, exports: services })
export class IdentityModule {}
