import { Field, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, Visible } from '@app/graphql';
import type { ConsistencyProof, InclusionProof } from './log-proofs.js';

@Visible('public')
@ObjectType('InclusionProof', { description: 'That a leaf is in the log. @see RFC 6962 section 2.1.1' })
export class InclusionProofType {
  @Field(() => BigIntScalar, { description: 'Index of the leaf.' })
  seq: number;

  @Field(() => BigIntScalar, { description: 'Leaves of the tree in which it is.' })
  treeSize: number;

  @Field(() => String, { description: 'SHA-256(0x00 ‖ leaf), in hex.' })
  leafHash: string;

  @Field(() => String, { description: 'Root to which the proof leads, in hex; trust the one in a signed checkpoint.' })
  rootHash: string;

  @Field(() => [String], { description: 'Hashes from the leaf to the root, in hex.' })
  hashes: string[];

  @Field(() => String, {
    nullable: true,
    description:
      'The proof and the signed checkpoint as one file (C2SP tlog-proof), when the tree is the last signed one.',
  })
  tlogProof: string | null;
}

@Visible('public')
@ObjectType('ConsistencyProof', {
  description: 'That a tree of the log is the beginning of a later one. @see RFC 6962 section 2.1.2',
})
export class ConsistencyProofType {
  @Field(() => BigIntScalar)
  fromSize: number;

  @Field(() => BigIntScalar)
  toSize: number;

  @Field(() => String, {
    description: 'Root of the smaller tree, in hex; trust the one in the checkpoint that you kept.',
  })
  fromRootHash: string;

  @Field(() => String, { description: 'Root of the larger tree, in hex; trust the one in a signed checkpoint.' })
  toRootHash: string;

  @Field(() => [String], { description: 'Hashes of the proof, in hex.' })
  hashes: string[];
}

const hex = (hash: Buffer): string => hash.toString('hex');

export function toInclusionProofType(proof: InclusionProof): InclusionProofType {
  return {
    ...proof,
    leafHash: hex(proof.leafHash),
    rootHash: hex(proof.rootHash),
    hashes: proof.hashes.map(hex),
  };
}

export function toConsistencyProofType(proof: ConsistencyProof): ConsistencyProofType {
  return {
    ...proof,
    fromRootHash: hex(proof.fromRootHash),
    toRootHash: hex(proof.toRootHash),
    hashes: proof.hashes.map(hex),
  };
}
