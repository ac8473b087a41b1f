import { Field, GraphQLISODateTime, ID, InputType, ObjectType } from '@nestjs/graphql';
import { Visible } from '@app/graphql';
import type { CertificateRow } from './certificate.queries.js';

@Visible('member')
@ObjectType('Certificate', {
  description: 'The signed proof of a grant: a W3C Verifiable Credential as a JWT, to be checked with the network off.',
})
export class CertificateType {
  @Field(() => ID)
  id: string;

  @Field(() => ID)
  grantId: string;

  @Field(() => String, { description: 'Whoever has this address may read the certificate; it cannot be guessed.' })
  url: string;

  @Field(() => String, { description: 'The credential, signed with EdDSA.' })
  jwt: string;

  @Field(() => String, {
    description: 'RFC 7638 thumbprint of the key that signed it; see /.well-known/jwks.json.',
  })
  keyId: string;

  @Field(() => GraphQLISODateTime)
  issuedAt: Date;
}

@InputType()
export class IssueCertificateInput {
  @Field(() => ID)
  grantId: string;
}

/** The form of a certificate for the parties of its grant. */
export function toCertificateType({ id, grantId, jwt, kid, issuedAt }: CertificateRow, url: string): CertificateType {
  return { id, grantId, url, jwt, keyId: kid, issuedAt };
}
