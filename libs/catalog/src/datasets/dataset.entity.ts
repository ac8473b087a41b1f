import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DatasetStatus } from './dataset.rules.js';
import type { DeclaredFacts } from './declared.rules.js';
import type { Grade } from '@app/standards';

@Entity('datasets')
export class DatasetEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'organization_id' })
  organizationId: string;

  @Column('text')
  name: string;

  @Column('text')
  slug: string;

  @Column('text')
  status: DatasetStatus;

  @Column('text', { name: 'status_reason', nullable: true })
  statusReason: string | null;

  @Column('text', { name: 'title_zh', nullable: true })
  titleZh: string | null;

  @Column('text', { name: 'title_en', nullable: true })
  titleEn: string | null;

  @Column('text', { name: 'summary_zh', nullable: true })
  summaryZh: string | null;

  @Column('text', { name: 'summary_en', nullable: true })
  summaryEn: string | null;

  @Column('jsonb')
  declared: DeclaredFacts;

  @Column('text', { name: 'task_families', array: true, default: () => "'{}'" })
  taskFamilies: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  skills: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  scenes: string[];

  @Column('text', { name: 'embodiment_classes', array: true, default: () => "'{}'" })
  embodimentClasses: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  robots: string[];

  @Column('text', { name: 'end_effectors', array: true, default: () => "'{}'" })
  endEffectors: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  modalities: string[];

  @Column('text', { name: 'collection_methods', array: true, default: () => "'{}'" })
  collectionMethods: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  realities: string[];

  @Column('text', { array: true, default: () => "'{}'" })
  formats: string[];

  @Column('text', { default: 'U' })
  grade: Grade;

  @Column('text', { name: 'usable_for', array: true, default: () => "'{}'" })
  usableFor: string[];

  @Column('boolean', { name: 'has_free_offer', default: false })
  hasFreeOffer: boolean;

  @Column('bigint', { name: 'min_price_cny', nullable: true })
  minPriceCny: number | null;

  @Column('bigint', { name: 'min_price_usd', nullable: true })
  minPriceUsd: number | null;

  @Column('text', { name: 'current_version_id', nullable: true })
  currentVersionId: string | null;

  @Column('bigint', { default: 0 })
  episodes: number;

  @Column('bigint', { default: 0 })
  frames: number;

  @Column('double precision', { name: 'duration_s', default: 0 })
  durationS: number;

  @Column('bigint', { name: 'size_bytes', default: 0 })
  sizeBytes: number;

  @Column('double precision', { nullable: true })
  fps: number | null;

  @Column('timestamptz', { name: 'published_at', nullable: true })
  publishedAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;

  @Column('timestamptz', { name: 'updated_at' })
  updatedAt: Date;

  @Column({ type: 'bigint', default: () => "nextval('catalog_revision')", insert: false, update: false })
  revision: number;
}
