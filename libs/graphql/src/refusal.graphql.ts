import { Field, InterfaceType } from '@nestjs/graphql';
import { Visible } from './access.js';

/** A refusal that the caller must act on: data, not an error. Named refusals implement it. */
@Visible('public')
@InterfaceType('Refusal', { description: 'Why something was refused, in a form that a page can branch on.' })
export abstract class RefusalType {
  @Field(() => String, { description: 'Stable code, as listed in docs/errors.md.' })
  code: string;

  @Field(() => String, { description: 'One sentence for people.' })
  message: string;
}
