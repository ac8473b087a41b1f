import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Use } from '../terms/uses.js';
import type { GrantState } from './grant.rules.js';

/** Which episodes of the version a right covers. */
export interface GrantSlice {
  readonly kind: 'all';
}

/** A right held; written by GrantLife alone. */
@Entity('grants')
export class GrantEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'organization_id' })
  organizationId: string;

  @Column('text', { name: 'provider_organization_id' })
  providerOrganizationId: string;

  @Column('text', { name: 'dataset_id' })
  datasetId: string;

  @Column('text', { name: 'version_id' })
  versionId: string;

  @Column('text', { name: 'offer_id' })
  offerId: string;

  @Column('text', { name: 'order_id', nullable: true, unique: true })
  orderId: string | null;

  @Column('text', { name: 'terms_hash' })
  termsHash: string;

  @Column('jsonb')
  slice: GrantSlice;

  @Column('text', { name: 'intended_use', nullable: true })
  intendedUse: Use | null;

  @Column('text', { nullable: true })
  note: string | null;

  @Column('text')
  state: GrantState;

  @Column('text', { name: 'state_reason', nullable: true })
  stateReason: string | null;

  @Column('timestamptz', { name: 'starts_at', nullable: true })
  startsAt: Date | null;

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  /** Until when a request waits for its answer, and an approved one for its order. */
  @Column('timestamptz', { name: 'lapses_at', nullable: true })
  lapsesAt: Date | null;

  @Column('text', { name: 'renews_grant_id', nullable: true })
  renewsGrantId: string | null;

  @Column('text', { name: 'created_by' })
  createdBy: string;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;
}
