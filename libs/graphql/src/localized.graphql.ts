import { Field, InputType, ObjectType } from '@nestjs/graphql';
import { Visible } from './access.js';

/** A text in the two languages of the market; either may be missing. */
@Visible('public')
@ObjectType('LocalizedText')
export class LocalizedTextType {
  @Field(() => String, { nullable: true })
  zh: string | null;

  @Field(() => String, { nullable: true })
  en: string | null;
}

@InputType()
export class LocalizedTextInput {
  @Field(() => String, { nullable: true })
  zh?: string | null;

  @Field(() => String, { nullable: true })
  en?: string | null;
}
