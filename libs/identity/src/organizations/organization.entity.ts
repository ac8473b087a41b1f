import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('organizations')
export class OrganizationEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { unique: true })
  slug: string;

  @Column('text')
  name: string;

  @Column('boolean', { name: 'is_provider', default: false })
  isProvider: boolean;

  @Column('boolean', { name: 'is_buyer', default: false })
  isBuyer: boolean;

  @Column('boolean', { name: 'is_operator', default: false })
  isOperator: boolean;

  @Column('timestamptz', { name: 'verified_at', nullable: true })
  verifiedAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
