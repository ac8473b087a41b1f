import type { Currency } from '@app/kernel';
import type { Use } from '@app/licensing';
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { OrderState } from './order.rules.js';

@Entity('orders')
@Unique(['organizationId', 'idempotencyKey'])
export class OrderEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'organization_id' })
  organizationId: string;

  @Column('text', { name: 'provider_organization_id' })
  providerOrganizationId: string;

  @Column('text', { name: 'offer_id' })
  offerId: string;

  @Column('text', { name: 'dataset_id' })
  datasetId: string;

  @Column('text', { name: 'version_id' })
  versionId: string;

  @Column('text', { name: 'terms_hash' })
  termsHash: string;

  @Column('text', { name: 'intended_use', nullable: true })
  intendedUse: Use | null;

  @Column('bigint', { name: 'price_minor' })
  priceMinor: number;

  @Column('bigint', { name: 'fee_minor' })
  feeMinor: number;

  @Column('text')
  currency: Currency;

  @Column('text')
  state: OrderState;

  @Column('text', { name: 'idempotency_key' })
  idempotencyKey: string;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
