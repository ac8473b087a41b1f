import { Module } from '@nestjs/common';
import { IdentityModule } from '@app/identity';
import { CertificateController } from './certificates/certificate.controller.js';
import { CertificateResolver } from './certificates/certificate.resolver.js';
import { GrantResolver } from './grants/grant.resolver.js';
import { NegotiationResolver } from './grants/negotiation.resolver.js';
import { LicensingModule } from './licensing.module.js';
import { MixtureResolver } from './mixtures/mixture.resolver.js';
import { OfferResolver } from './offers/offer.resolver.js';
import { SeatsResolver } from './seats/seats.resolver.js';
import { UseCheckResolver } from './use-check/use-check.resolver.js';

/** Licensing as the API offers it. */
@Module({
  imports: [IdentityModule, LicensingModule],
  controllers: [CertificateController],
  providers: [
    CertificateResolver,
    GrantResolver,
    MixtureResolver,
    NegotiationResolver,
    OfferResolver,
    SeatsResolver,
    UseCheckResolver,
  ],
  exports: [LicensingModule],
})
export class LicensingApiModule {}
