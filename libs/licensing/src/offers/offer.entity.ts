import type { Currency } from '@app/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { PriceUnit } from './price.rules.js';

export type OfferKind = 'free' | 'priced';
export type OfferStatus = 'active' | 'retired';

@Entity('offers')
export class OfferEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'dataset_id' })
  datasetId: string;

  @Column('text', { name: 'organization_id' })
  organizationId: string;

  @Column('text', { name: 'terms_hash' })
  termsHash: string;

  @Column('text')
  kind: OfferKind;

  @Column('bigint', { name: 'price_minor' })
  priceMinor: number;

  @Column('text')
  currency: Currency;

  @Column('text')
  per: PriceUnit;

  @Column('boolean', { name: 'needs_approval' })
  needsApproval: boolean;

  @Column('text', { name: 'title_zh' })
  titleZh: string;

  @Column('text', { name: 'title_en' })
  titleEn: string;

  /** Organizations that it is addressed to; null is everybody. */
  @Column('text', { array: true, nullable: true })
  audience: string[] | null;

  @Column('timestamptz', { name: 'valid_until', nullable: true })
  validUntil: Date | null;

  /** How many may hold a right under it at once; null is any number. */
  @Column('int', { nullable: true })
  stock: number | null;

  @Column('text')
  status: OfferStatus;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'retired_at', nullable: true })
  retiredAt: Date | null;
}
