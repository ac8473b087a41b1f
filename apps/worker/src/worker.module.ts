import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { AuditModule, AuditWorkerModule } from '@app/audit';
import { BillingModule } from '@app/billing';
import { CatalogWorkerModule } from '@app/catalog';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import { DeliveryWorkerModule } from '@app/delivery';
import { IdentityWorkerModule } from '@app/identity';
import { JobsModule, JobsWorkerModule } from '@app/jobs';
import type { Clock, Environment } from '@app/kernel';
import { LicensingWorkerModule } from '@app/licensing';
import { PreviewsWorkerModule } from '@app/previews';
import { RenditionsWorkerModule } from '@app/renditions';
import { StorageModule } from '@app/storage';

/** Everything that the worker process does. */
@Module({})
export class WorkerModule {
  static forRoot(options: { environment?: Environment; clock?: Clock } = {}): DynamicModule {
    return {
      module: WorkerModule,
      imports: [
        ConfigModule.forRoot(options),
        DatabaseModule,
        StorageModule,
        JobsModule,
        JobsWorkerModule,
        AuditModule,
        AuditWorkerModule,
        IdentityWorkerModule,
        CatalogWorkerModule,
        PreviewsWorkerModule,
        RenditionsWorkerModule,
        LicensingWorkerModule,
        BillingModule,
        DeliveryWorkerModule,
      ],
    };
  }
}
