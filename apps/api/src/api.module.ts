import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD } from '@nestjs/core';
import { AuditApiModule, AuditModule } from '@app/audit';
import { BillingApiModule } from '@app/billing';
import { CatalogApiModule } from '@app/catalog';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { DeliveryApiModule } from '@app/delivery';
import { DeskApiModule } from '@app/desk';
import { AccessGuard, GraphqlModule } from '@app/graphql';
import { IdentityApiModule } from '@app/identity';
import { JobsModule } from '@app/jobs';
import type { Clock, Environment } from '@app/kernel';
import { LicensingApiModule, LicensingModule } from '@app/licensing';
import { PreviewsApiModule } from '@app/previews';
import { RenditionsApiModule } from '@app/renditions';
import { StorageModule } from '@app/storage';
import { RenditionFormsModule } from './certificates/rendition-forms.module.js';
import { ErrorFilter } from './error.filter.js';
import { HealthController } from './health/health.controller.js';
import { HealthService } from './health/health.service.js';
import { LandingController } from './landing/landing.controller.js';
import { LicensedPreviewGate } from './previews/licensed-preview-gate.service.js';

/** Everything that the API process offers. */
@Module({})
export class ApiModule {
  static forRoot(options: { environment?: Environment; clock?: Clock } = {}): DynamicModule {
    return {
      module: ApiModule,
      imports: [
        ConfigModule.forRoot(options),
        DatabaseModule,
        StorageModule,
        JobsModule,
        AuditModule,
        GraphqlModule.forRoot(),
        AuditApiModule,
        IdentityApiModule,
        CatalogApiModule,
        LicensingApiModule,
        BillingApiModule,
        RenditionsApiModule,
        RenditionFormsModule,
        DeliveryApiModule,
        DeskApiModule,
        PreviewsApiModule.behind(LicensedPreviewGate, [LicensingModule]),
      ],
      controllers: [HealthController, LandingController],
      providers: [
        HealthService,
        { provide: APP_GUARD, useClass: AccessGuard },
        { provide: APP_FILTER, useClass: ErrorFilter },
      ],
    };
  }
}
