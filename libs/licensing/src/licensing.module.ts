import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { Settings } from '@app/config';
import { registerTables } from '@app/database';
import { IdentityModule } from '@app/identity';
import { CertificateIssuer } from './certificates/certificate-issuer.service.js';
import { CertificateQueries } from './certificates/certificate.queries.js';
import { CertificateService } from './certificates/certificate.service.js';
import { certificateSettings } from './certificates/certificates.config.js';
import { SigningKeys } from './certificates/signing-keys.service.js';
import { GrantEvidenceQueries } from './desk/grant-evidence.queries.js';
import { RightQueries } from './desk/right.queries.js';
import { TradabilityQueries } from './desk/tradability.queries.js';
import { GrantEntity } from './grants/grant.entity.js';
import { GrantGate } from './grants/grant-gate.service.js';
import { GrantLife } from './grants/grant-life.service.js';
import { GrantQueries } from './grants/grant.queries.js';
import { GrantService } from './grants/grant.service.js';
import { LicenseRequestService } from './grants/license-request.service.js';
import { Licensing1763600006000 } from './migrations/1763600006000-licensing.js';
import { GrantSearch1763700004010 } from './migrations/1763700004010-grant-search.js';
import { Certificates1763600009300 } from './migrations/1763600009300-certificates.js';
import { MixtureQueries } from './mixtures/mixture.queries.js';
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
  migrations: [Licensing1763600006000, Certificates1763600009300, GrantSearch1763700004010],
});

const offered = [
  CertificateQueries,
  CertificateService,
  GrantEvidenceQueries,
  GrantGate,
  GrantQueries,
  GrantService,
  LicenseRequestService,
  MixtureQueries,
  OfferIndex,
  OfferQueries,
  OfferService,
  RightQueries,
  SampleDecision,
  TermsQueries,
  TradabilityQueries,
  UseCheckQueries,
];

/** Who may use what, for every process. */
@Module({
  imports: [CatalogModule, IdentityModule],
  providers: [
    ...offered,
    CertificateIssuer,
    GrantLife,
    TermsService,
    {
      provide: SigningKeys,
      useFactory: (settings: Settings) => SigningKeys.load(settings.of(certificateSettings).signingKeyFile),
      inject: [Settings],
    },
  ],
  exports: [...offered, SigningKeys],
})
export class LicensingModule {}
