import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('terms')
export class TermsEntity {
  @PrimaryColumn('text')
  hash: string;

  @Column('jsonb')
  terms: unknown;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
