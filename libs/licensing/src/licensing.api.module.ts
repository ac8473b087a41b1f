import { Module } from '@nestjs/common';
import { CertificateController } from './certificates/certificate.controller.js';
import { CertificateResolver } from './certificates/certificate.resolver.js';
import { RightResolver } from './desk/right.resolver.js';
import { TradabilityResolver } from './desk/tradability.resolver.js';
import { GrantResolver } from './grants/grant.resolver.js';
import { LicensingModule } from './licensing.module.js';
import { MixtureResolver } from './mixtures/mixture.resolver.js';
import { OfferResolver } from './offers/offer.resolver.js';
import { UseCheckResolver } from './use-check/use-check.resolver.js';

/** Licensing as the API offers it. */
@Module({
  imports: [LicensingModule],
  controllers: [CertificateController],
  providers: [
    CertificateResolver,
    GrantResolver,
    MixtureResolver,
    OfferResolver,
    RightResolver,
    TradabilityResolver,
    UseCheckResolver,
  ],
  exports: [LicensingModule],
})
export class LicensingApiModule {}
