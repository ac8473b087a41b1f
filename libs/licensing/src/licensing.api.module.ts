import { Module } from '@nestjs/common';
import { IdentityModule } from '@app/identity';
import { CertificateController } from './certificates/certificate.controller.js';
import { CertificateResolver } from './certificates/certificate.resolver.js';
import { CroissantController } from './croissant/croissant.controller.js';
import { RightResolver } from './desk/right.resolver.js';
import { TradabilityResolver } from './desk/tradability.resolver.js';
import { GrantResolver } from './grants/grant.resolver.js';
import { NegotiationResolver } from './grants/negotiation.resolver.js';
import { LicensingModule } from './licensing.module.js';
import { MixtureResolver } from './mixtures/mixture.resolver.js';
import { OfferResolver } from './offers/offer.resolver.js';
import { PolicyResolver } from './odrl/policy.resolver.js';
import { SeatsResolver } from './seats/seats.resolver.js';
import { TermsController } from './terms/terms.controller.js';
import { UseCheckResolver } from './use-check/use-check.resolver.js';
import {
  AffectedGrantsResolver,
  GrantWithdrawalsResolver,
  NoticeResolver,
  WithdrawalNoticesResolver,
} from './withdrawals/notice.resolver.js';

/** Licensing as the API offers it. */
@Module({
  imports: [IdentityModule, LicensingModule],
  controllers: [CertificateController, CroissantController, TermsController],
  providers: [
    CertificateResolver,
    GrantResolver,
    MixtureResolver,
    NegotiationResolver,
    OfferResolver,
    PolicyResolver,
    RightResolver,
    SeatsResolver,
    TradabilityResolver,
    UseCheckResolver,
    NoticeResolver,
    GrantWithdrawalsResolver,
    WithdrawalNoticesResolver,
    AffectedGrantsResolver,
  ],
  exports: [LicensingModule],
})
export class LicensingApiModule {}
