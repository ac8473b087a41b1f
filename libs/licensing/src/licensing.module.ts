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
import { AcceptanceQueries } from './grants/acceptance.queries.js';
import { CroissantQueries } from './croissant/croissant.queries.js';
import { GrantEvidenceQueries } from './desk/grant-evidence.queries.js';
import { RightQueries } from './desk/right.queries.js';
import { TradabilityQueries } from './desk/tradability.queries.js';
import { GrantEntity } from './grants/grant.entity.js';
import { GrantGate } from './grants/grant-gate.service.js';
import { GrantLife } from './grants/grant-life.service.js';
import { GrantQueries } from './grants/grant.queries.js';
import { GrantService } from './grants/grant.service.js';
import { LicenseRequestService } from './grants/license-request.service.js';
import { RequestChangesQueries } from './grants/request-changes.queries.js';
import { Holds } from './holds/holds.service.js';
import { Licensing1763600006000 } from './migrations/1763600006000-licensing.js';
import { GrantSearch1763700004010 } from './migrations/1763700004010-grant-search.js';
import { Certificates1763600009300 } from './migrations/1763600009300-certificates.js';
import { Negotiation1763700003010 } from './migrations/1763700003010-negotiation.js';
import { GrantHolds1763700003020 } from './migrations/1763700003020-grant-holds.js';
import { GrantSeats1763700003030 } from './migrations/1763700003030-grant-seats.js';
import { WithdrawalNotices1763700005010 } from './migrations/1763700005010-withdrawal-notices.js';
import { MixtureQueries } from './mixtures/mixture.queries.js';
import { OfferEntity } from './offers/offer.entity.js';
import { OfferIndex } from './offers/offer-index.service.js';
import { OfferQueries } from './offers/offer.queries.js';
import { OfferService } from './offers/offer.service.js';
import { PolicyQueries } from './odrl/policy.queries.js';
import { TermsDocuments } from './terms/terms-document.queries.js';
import { SeatsQueries } from './seats/seats.queries.js';
import { Seats } from './seats/seats.service.js';
import { TermsEntity } from './terms/terms.entity.js';
import { TermsQueries } from './terms/terms.queries.js';
import { TermsService } from './terms/terms.service.js';
import { SampleDecision } from './use-check/sample-decision.queries.js';
import { UseCheckQueries } from './use-check/use-check.queries.js';
import { NoticeQueries } from './withdrawals/notice.queries.js';
import { NoticeService } from './withdrawals/notice.service.js';

registerTables({
  domain: 'licensing',
  entities: [TermsEntity, OfferEntity, GrantEntity],
  migrations: [
    Licensing1763600006000,
    Certificates1763600009300,
    Negotiation1763700003010,
    GrantHolds1763700003020,
    GrantSeats1763700003030,
    GrantSearch1763700004010,
    WithdrawalNotices1763700005010,
  ],
});

const offered = [
  AcceptanceQueries,
  CertificateQueries,
  CertificateService,
  CroissantQueries,
  GrantEvidenceQueries,
  GrantGate,
  GrantQueries,
  GrantService,
  LicenseRequestService,
  MixtureQueries,
  NoticeQueries,
  NoticeService,
  OfferIndex,
  OfferQueries,
  OfferService,
  PolicyQueries,
  RequestChangesQueries,
  RightQueries,
  SampleDecision,
  Seats,
  SeatsQueries,
  TermsDocuments,
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
    Holds,
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
