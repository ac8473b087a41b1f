import { Column, Entity, PrimaryColumn } from 'typeorm';

export type MembershipRole = 'owner' | 'member';

@Entity('memberships')
export class MembershipEntity {
  @PrimaryColumn('text', { name: 'organization_id' })
  organizationId: string;

  @PrimaryColumn('text', { name: 'user_id' })
  userId: string;

  @Column('text')
  role: MembershipRole;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
