import { Field, GraphQLISODateTime, ID, InputType, Int, ObjectType } from '@nestjs/graphql';
import { BigIntScalar, JsonScalar, LocalizedTextInput, LocalizedTextType, NodeType, Visible } from '@app/graphql';
import type { Currency } from '@app/kernel';
import type { Declarations } from '../terms/declarations.js';
import type { FieldOfUse } from '../terms/fields-of-use.js';
import { VerdictEnum } from '../terms/terms.graphql.js';
import type { Terms } from '../terms/terms.js';
import { USES } from '../terms/uses.js';
import type { Verdict } from '../terms/uses.js';
import type { OfferKind, OfferStatus } from './offer.entity.js';
import type { OfferRow } from './offer.queries.js';
import type { PriceUnit } from './price.rules.js';

@Visible('public')
@ObjectType('UseRule', { description: 'What terms say of one use when nothing is known of the buyer.' })
export class UseRuleType {
  @Field(() => String, { description: 'Code of the use.' })
  use: string;

  @Field(() => VerdictEnum)
  verdict: Verdict;

  @Field(() => [String])
  duties: string[];
}

/** An offer as the API shows it. */
@Visible('public')
@ObjectType('Offer', { description: 'Terms and a price for a dataset.', implements: () => [NodeType] })
export class OfferType extends NodeType {
  @Field(() => ID)
  datasetId: string;

  @Field(() => LocalizedTextType)
  title: LocalizedTextType;

  @Field(() => String, { nullable: true, description: 'SPDX id or template of the market.' })
  template: string | null;

  @Field(() => String, { description: 'SHA-256 of the terms as canonical JSON (RFC 8785).' })
  termsHash: string;

  @Field(() => JsonScalar, {
    nullable: true,
    description: 'The terms themselves; null when they cannot be read, and then nothing is permitted.',
  })
  terms: Terms | null;

  @Field(() => [UseRuleType])
  uses: UseRuleType[];

  @Field(() => String, { description: 'free or priced.' })
  kind: OfferKind;

  @Field(() => BigIntScalar, { description: 'Price of one unit, in minor units; 0 when free.' })
  priceMinor: number;

  @Field(() => String)
  currency: Currency;

  @Field(() => String, { description: 'dataset, hour (each started hour) or episode.' })
  per: PriceUnit;

  @Field(() => BigIntScalar, { nullable: true, description: 'Price of the current version; null before there is one.' })
  totalPriceMinor: number | null;

  @Field(() => Boolean, { description: 'Whether the provider decides on each request.' })
  needsApproval: boolean;

  @Field(() => Boolean, { description: 'Made to chosen organizations: nobody else sees it.' })
  isPrivate: boolean;

  @Field(() => [String], {
    nullable: true,
    description: 'Slugs of the organizations that it is made to; told to its provider and the operator alone.',
  })
  audience: string[] | null;

  @Field(() => GraphQLISODateTime, { nullable: true, description: 'Nothing is sold under it from then on.' })
  validUntil: Date | null;

  @Field(() => Int, { nullable: true, description: 'How many may hold a right under it at once; null is any number.' })
  stock: number | null;

  @Field(() => String, { description: 'active or retired.' })
  status: OfferStatus;

  @Field(() => GraphQLISODateTime)
  createdAt: Date;

  @Field(() => GraphQLISODateTime, { nullable: true })
  retiredAt: Date | null;
}

@InputType({ description: "Narrows one of the market's own templates; a public licence takes no limit." })
export class OfferLimitsInput {
  @Field(() => [String], { nullable: true, description: 'Fields of use that it is limited to, such as logistics.' })
  fields?: FieldOfUse[] | null;

  @Field(() => [String], { nullable: true })
  deniedFields?: FieldOfUse[] | null;

  @Field(() => [String], { nullable: true, description: 'Countries that it is limited to, ISO 3166-1 alpha-2.' })
  territory?: string[] | null;

  @Field(() => [String], { nullable: true })
  blockedTerritory?: string[] | null;

  @Field(() => Int, { nullable: true, description: 'Days of access from the start of a grant.' })
  termDays?: number | null;

  @Field(() => Int, { nullable: true, description: 'Named users.' })
  seats?: number | null;
}

@InputType()
export class CreateOfferInput {
  @Field(() => String, { description: 'The dataset, as org/name.' })
  slug: string;

  @Field(() => String, { description: 'SPDX id, or evaluation, research, commercial, exclusive.' })
  template: string;

  @Field(() => BigIntScalar, { nullable: true, description: 'Price of one unit in minor units; free when left out.' })
  priceMinor?: number | null;

  @Field(() => String, { nullable: true, description: 'CNY or USD.' })
  currency?: Currency | null;

  @Field(() => String, { nullable: true, description: 'dataset (default), hour or episode.' })
  per?: PriceUnit | null;

  @Field(() => Boolean, { nullable: true })
  needsApproval?: boolean | null;

  @Field(() => OfferLimitsInput, { nullable: true })
  limits?: OfferLimitsInput | null;

  @Field(() => JsonScalar, {
    nullable: true,
    description:
      'What you, the rightsholder, permit beside a public licence: weights_policy, outputs_policy, nc_reading, contents_licence, mdl_grid, custom_map.',
  })
  declarations?: Declarations | null;

  @Field(() => LocalizedTextInput, { nullable: true })
  title?: LocalizedTextInput | null;

  @Field(() => [String], { nullable: true, description: 'Slugs of the only organizations that see and take it.' })
  audience?: string[] | null;

  @Field(() => GraphQLISODateTime, { nullable: true })
  validUntil?: Date | null;

  @Field(() => Int, { nullable: true, description: 'How many may hold a right under it at once.' })
  stock?: number | null;
}

@InputType()
export class RetireOfferInput {
  @Field(() => ID)
  offerId: string;
}

/** The public form of an offer. */
export function toOfferType(row: OfferRow): OfferType {
  const { totalMinor, titleZh, titleEn, organizationId: _organizationId, ...offer } = row;
  return {
    ...offer,
    audience: row.audience && [...row.audience],
    title: { zh: titleZh, en: titleEn },
    template: row.terms?.template ?? null,
    totalPriceMinor: totalMinor,
    uses: USES.map((use) => {
      const rule = row.terms?.uses[use];
      return { use, verdict: rule?.verdict ?? 'UNDECIDED', duties: [...(rule?.duties ?? [])] };
    }),
  };
}
