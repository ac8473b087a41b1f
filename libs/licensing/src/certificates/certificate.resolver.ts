import { Args, Mutation, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow, CurrentContext, OperationLoaders } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import DataLoader from 'dataloader';
import { GrantType } from '../grants/grant.graphql.js';
import { CertificateType, IssueCertificateInput, toCertificateType } from './certificate.graphql.js';
import { CertificateQueries } from './certificate.queries.js';
import type { CertificateRow } from './certificate.queries.js';
import { CertificateService } from './certificate.service.js';

@Resolver(() => GrantType)
export class CertificateResolver {
  constructor(
    private readonly queries: CertificateQueries,
    private readonly service: CertificateService,
  ) {}

  @Allow('member')
  @ResolveField('certificate', () => CertificateType, {
    nullable: true,
    description: 'The newest proof of this right; null before it became active.',
  })
  async certificate(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() grant: GrantType,
  ): Promise<CertificateType | null> {
    const row = await this.newest(ctx, loaders, grant.id);
    return row && toCertificateType(row, this.queries.urlOf(row));
  }

  @Allow('member')
  @ResolveField('certificateUrl', () => String, {
    nullable: true,
    description: 'Where the newest certificate can be read, without an account.',
  })
  async certificateUrl(
    @CurrentContext() ctx: RequestContext,
    @OperationLoaders() loaders: Map<string, unknown>,
    @Parent() grant: GrantType,
  ): Promise<string | null> {
    const row = await this.newest(ctx, loaders, grant.id);
    return row && this.queries.urlOf(row);
  }

  @Allow('member')
  @Mutation(() => CertificateType, {
    nullable: true,
    description:
      'The certificate of an active grant as things stand now; a new one only when what it states has changed. Null where this market signs none.',
  })
  async issueCertificate(
    @CurrentContext() ctx: RequestContext,
    @Args('input', { type: () => IssueCertificateInput }) input: IssueCertificateInput,
  ): Promise<CertificateType | null> {
    const row = await this.service.issueCertificate(ctx, input);
    return row && toCertificateType(row, this.queries.urlOf(row));
  }

  private newest(ctx: RequestContext, loaders: Map<string, unknown>, grantId: string): Promise<CertificateRow | null> {
    let loader = loaders.get('licensing.certificates') as DataLoader<string, CertificateRow | null> | undefined;
    if (!loader) {
      // Whoever holds a grant in this operation may see it, so its certificate needs no second check.
      loader = new DataLoader(async (ids: readonly string[]) => {
        const rows = await this.queries.newestOf(ctx, ids);
        return ids.map((id) => rows.get(id) ?? null);
      });
      loaders.set('licensing.certificates', loader);
    }
    return loader.load(grantId);
  }
}
