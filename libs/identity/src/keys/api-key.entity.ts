import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Scope } from '@app/kernel';

@Entity('api_keys')
export class ApiKeyEntity {
  @PrimaryColumn('text')
  id: string;

  @Column('text', { name: 'organization_id' })
  organizationId: string;

  @Column('text', { name: 'user_id' })
  userId: string;

  @Column('text')
  label: string;

  @Column('text', { name: 'secret_sha256', unique: true })
  secretSha256: string;

  @Column('text')
  hint: string;

  @Column('text', { array: true })
  scopes: Scope[];

  @Column('timestamptz', { name: 'expires_at', nullable: true })
  expiresAt: Date | null;

  @Column('timestamptz', { name: 'last_used_at', nullable: true })
  lastUsedAt: Date | null;

  @Column('timestamptz', { name: 'revoked_at', nullable: true })
  revokedAt: Date | null;

  @Column('timestamptz', { name: 'created_at' })
  createdAt: Date;
}
