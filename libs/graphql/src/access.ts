import { SetMetadata, applyDecorators } from '@nestjs/common';
import { Extensions } from '@nestjs/graphql';

/** Who may call a root field, a field resolver or a route. The service still decides *may they* for the row at hand. */
export const ACCESS_RULES = ['anonymous', 'member', 'provider', 'buyer', 'admin'] as const;
export type AccessRule = (typeof ACCESS_RULES)[number];

/** Who may see an object type when nothing nearer says otherwise. */
export const VISIBILITIES = ['public', 'member', 'admin'] as const;
export type Visibility = (typeof VISIBILITIES)[number];

export const ACCESS_METADATA = 'bodega:access';

/** Declares who may call this. A field or route without a rule is refused for everyone, and fails a test. */
export function Allow(rule: AccessRule): MethodDecorator {
  return applyDecorators(SetMetadata(ACCESS_METADATA, rule), Extensions({ access: rule }) as MethodDecorator);
}

/** Declares who may see a type's fields. A `public` root field may only lead to public types. */
export function Visible(visibility: Visibility): ClassDecorator {
  return Extensions({ visibility }) as ClassDecorator;
}
