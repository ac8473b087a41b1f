import { Args, Query, Resolver } from '@nestjs/graphql';
import { Allow, BigIntScalar, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import { LogProofs } from './log-proofs.js';
import {
  ConsistencyProofType,
  InclusionProofType,
  toConsistencyProofType,
  toInclusionProofType,
} from './proof.graphql.js';

@Resolver(() => InclusionProofType)
export class ProofResolver {
  constructor(private readonly proofs: LogProofs) {}

  @Allow('anonymous')
  @Query(() => InclusionProofType, {
    description:
      'Proves that a leaf is in the log, at a size that a signed checkpoint covers; by default at the last one.',
  })
  async inclusionProof(
    @CurrentContext() ctx: RequestContext,
    @Args('seq', { type: () => BigIntScalar }) seq: number,
    @Args('treeSize', { type: () => BigIntScalar, nullable: true }) treeSize: number | null,
  ): Promise<InclusionProofType> {
    return toInclusionProofType(await this.proofs.inclusionProof(ctx, { seq, treeSize }));
  }

  @Allow('anonymous')
  @Query(() => ConsistencyProofType, {
    description:
      'Proves that the log of one size is the beginning of that of another; by default of the last signed one.',
  })
  async consistencyProof(
    @CurrentContext() ctx: RequestContext,
    @Args('fromSize', { type: () => BigIntScalar }) fromSize: number,
    @Args('toSize', { type: () => BigIntScalar, nullable: true }) toSize: number | null,
  ): Promise<ConsistencyProofType> {
    return toConsistencyProofType(await this.proofs.consistencyProof(ctx, { fromSize, toSize }));
  }
}
