import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { registerTables } from '@app/database';
import { IdentityModule } from '@app/identity';
import { LicensingModule } from '@app/licensing';
import { Idempotency } from './idempotency/idempotency.service.js';
import { BalanceQueries } from './ledger/balance.queries.js';
import { Ledger } from './ledger/ledger.service.js';
import { TopUpService } from './ledger/top-up.service.js';
import { Billing1763600007000 } from './migrations/1763600007000-billing.js';
import { DealService } from './orders/deal.service.js';
import { OrderEntity } from './orders/order.entity.js';
import { OrderLife } from './orders/order-life.service.js';
import { OrderQueries } from './orders/order.queries.js';
import { OrderService } from './orders/order.service.js';
import { PaymentRail } from './orders/payment-rail.port.js';
import { PrepaidRail } from './orders/prepaid-rail.js';
import { RefundService } from './orders/refund.service.js';

registerTables({ domain: 'billing', entities: [OrderEntity], migrations: [Billing1763600007000] });

const offered = [BalanceQueries, OrderQueries, OrderService, RefundService, TopUpService];

/** Orders and money, for every process. */
@Module({
  imports: [IdentityModule, CatalogModule, LicensingModule],
  providers: [...offered, DealService, Idempotency, Ledger, OrderLife, { provide: PaymentRail, useClass: PrepaidRail }],
  exports: offered,
})
export class BillingModule {}
