import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { registerTables } from '@app/database';
import { GrantEntity } from './grants/grant.entity.js';
import { GrantGate } from './grants/grant-gate.service.js';
import { GrantLife } from './grants/grant-life.service.js';
import { GrantQueries } from './grants/grant.queries.js';
import { GrantService } from './grants/grant.service.js';
import { LicenseRequestService } from './grants/license-request.service.js';
import { Licensing1763600006000 } from './migrations/1763600006000-licensing.js';
import { OfferEntity } from './offers/offer.entity.js';
import { OfferIndex } from './offers/offer-index.service.js';
import { OfferQueries } from './offers/offer.queries.js';
import { OfferService } from './offers/offer.service.js';
import { TermsEntity } from './terms/terms.entity.js';
import { TermsQueries } from './terms/terms.queries.js';
import { TermsService } from './terms/terms.service.js';
import { SampleDecision } from './use-check/sample-decision.queries.js';
import { UseCheckQueries } from './use-check/use-check.queries.js';

registerTables({
  domain: 'licensing',
  entities: [TermsEntity, OfferEntity, GrantEntity],
  migrations: [Licensing1763600006000],
});

const offered = [
  GrantGate,
  GrantQueries,
  GrantService,
  LicenseRequestService,
  OfferIndex,
  OfferQueries,
  OfferService,
  SampleDecision,
  TermsQueries,
  UseCheckQueries,
];

/** Who may use what, for every process. */
@Module({ imports: [CatalogModule], providers: [...offered, GrantLife, TermsService], exports: offered })
export class LicensingModule {}
