import { Module } from '@nestjs/common';
import { LicensingModule } from '@app/licensing';
import { BillingModule } from './billing.module.js';
import { BalanceResolver } from './ledger/balance.resolver.js';
import { OrderResolver } from './orders/order.resolver.js';

/** Billing as the API offers it. */
@Module({
  imports: [BillingModule, LicensingModule],
  providers: [BalanceResolver, OrderResolver],
  exports: [BillingModule],
})
export class BillingApiModule {}
