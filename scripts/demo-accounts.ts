import { randomBytes } from 'node:crypto';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AuditModule } from '@app/audit';
import { ConfigModule } from '@app/config';
import { DatabaseModule } from '@app/database';
import {
  ApiKeyService,
  Authenticator,
  IdentityModule,
  OrganizationService,
  SessionService,
  UserService,
} from '@app/identity';
import { JobsModule } from '@app/jobs';
import { SCOPES, systemContext } from '@app/kernel';
import type { Environment, Scope } from '@app/kernel';
import type { DemoAccount } from './demo-file.js';

@Module({ imports: [DatabaseModule, JobsModule, AuditModule, IdentityModule] })
class SeedModule {
  static forRoot(environment: Environment): DynamicModule {
    return { module: SeedModule, imports: [ConfigModule.forRoot({ environment })] };
  }
}

interface Wanted {
  role: DemoAccount['role'];
  email: string;
  name: string;
  organization: { slug: string; name: string; isProvider: boolean; isBuyer: boolean };
  isOperator: boolean;
}

const WANTED: readonly Wanted[] = [
  {
    role: 'buyer',
    email: 'buyer@demo.bodega.test',
    name: 'Lin Xiao 林晓',
    organization: { slug: 'nimbus', name: 'Nimbus Robotics 云臂机器人', isProvider: false, isBuyer: true },
    isOperator: false,
  },
  {
    role: 'provider',
    email: 'provider@demo.bodega.test',
    name: 'Chen Yu 陈雨',
    organization: {
      slug: 'riverside',
      name: 'Riverside Collection Centre 江畔数据采集中心',
      isProvider: true,
      isBuyer: false,
    },
    isOperator: false,
  },
  {
    role: 'provider',
    email: 'lab@demo.bodega.test',
    name: 'Mara Okafor',
    organization: { slug: 'openhand', name: 'Open Hand Lab', isProvider: true, isBuyer: true },
    isOperator: false,
  },
  {
    role: 'admin',
    email: 'admin@demo.bodega.test',
    name: 'Market operator 市场管理员',
    organization: { slug: 'bodega', name: 'Bodega', isProvider: true, isBuyer: true },
    isOperator: true,
  },
];

const SCOPES_OF: Readonly<Record<DemoAccount['role'], readonly Scope[]>> = {
  buyer: ['catalog:read', 'data:read'],
  provider: ['catalog:read', 'data:read', 'data:write'],
  admin: SCOPES,
};

/** The demo accounts, made where missing. What `known` says is kept as long as it works. */
export async function ensureDemoAccounts(
  environment: Environment,
  known: readonly DemoAccount[],
): Promise<DemoAccount[]> {
  const app = await NestFactory.createApplicationContext(SeedModule.forRoot(environment), {
    logger: ['error', 'warn'],
  });
  try {
    const accounts: DemoAccount[] = [];
    for (const wanted of WANTED) {
      const old = known.find((account) => account.email === wanted.email);
      accounts.push((await stillWorks(old)) && old ? old : await makeAccount(wanted));
    }
    return accounts;
  } finally {
    await app.close();
  }

  async function stillWorks(account: DemoAccount | undefined): Promise<boolean> {
    if (!account) return false;
    const authenticator = app.get(Authenticator);
    const works = await Promise.all([
      authenticator.userOf(account.email, account.password).then(
        () => true,
        () => false,
      ),
      authenticator.actorOf({ authorization: `Bearer ${account.apiKey}` }).then(
        () => true,
        () => false,
      ),
    ]);
    return works.every(Boolean);
  }

  async function makeAccount(wanted: Wanted): Promise<DemoAccount> {
    const ctx = systemContext('seed');
    const password = randomBytes(12).toString('base64url');
    const users = app.get(UserService);
    const organizations = app.get(OrganizationService);
    const userId = await users.ensureUser(ctx, { email: wanted.email, name: wanted.name, password });
    const organization =
      (await organizations.ownedBy(ctx, userId)) ??
      (await organizations.createFor(ctx, userId, wanted.organization, wanted.isOperator));
    await organizations.verifyOrganization(ctx, organization.id);
    const session = await app.get(SessionService).signIn(ctx, { email: wanted.email, password });
    const actor = await app.get(Authenticator).actorOf({ authorization: `Bearer ${session.accessToken}` });
    const { secret } = await app
      .get(ApiKeyService)
      .createApiKey({ ...ctx, actor }, { label: 'demo', scopes: [...SCOPES_OF[wanted.role]] });
    return { role: wanted.role, organization: organization.slug, email: wanted.email, password, apiKey: secret };
  }
}
