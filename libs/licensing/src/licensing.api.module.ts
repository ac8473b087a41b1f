import { Module } from '@nestjs/common';
import { CertificateController } from './certificates/certificate.controller.js';
import { CertificateResolver } from './certificates/certificate.resolver.js';
import { CroissantController } from './croissant/croissant.controller.js';
import { GrantResolver } from './grants/grant.resolver.js';
import { LicensingModule } from './licensing.module.js';
import { MixtureResolver } from './mixtures/mixture.resolver.js';
import { OfferResolver } from './offers/offer.resolver.js';
import { PolicyResolver } from './odrl/policy.resolver.js';
import { TermsController } from './terms/terms.controller.js';
import { UseCheckResolver } from './use-check/use-check.resolver.js';

/** Licensing as the API offers it. */
@Module({
  imports: [LicensingModule],
  controllers: [CertificateController, CroissantController, TermsController],
  providers: [CertificateResolver, GrantResolver, MixtureResolver, OfferResolver, PolicyResolver, UseCheckResolver],
  exports: [LicensingModule],
})
export class LicensingApiModule {}
