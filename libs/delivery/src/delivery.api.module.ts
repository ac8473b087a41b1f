import { Module } from '@nestjs/common';
import { DeliveryModule } from './delivery.module.js';
import { LeaseResolver } from './leases/lease.resolver.js';
import { UsageResolver } from './usage/usage.resolver.js';

/** Leases and usage on the API. */
@Module({ imports: [DeliveryModule], providers: [LeaseResolver, UsageResolver] })
export class DeliveryApiModule {}
