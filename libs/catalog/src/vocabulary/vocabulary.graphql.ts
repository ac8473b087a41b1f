import { Field, Int, ObjectType } from '@nestjs/graphql';
import { LocalizedTextType, Visible } from '@app/graphql';
import type { VocabularyKind, VocabularyTerm } from './vocabulary.js';

@Visible('public')
@ObjectType('VocabularyTerm', {
  description: 'One controlled term. Codes are stable; a term is deprecated, never deleted.',
})
export class VocabularyTermType {
  @Field(() => String)
  code: string;

  @Field(() => LocalizedTextType)
  label: LocalizedTextType;

  @Field(() => String, { nullable: true, description: 'Code of the group that the term belongs to.' })
  parent: string | null;

  @Field(() => [String], { description: 'Other words, Chinese and English, by which the term is found.' })
  synonyms: readonly string[];

  @Field(() => Boolean, { description: 'Whether new datasets should not use the term any more.' })
  isDeprecated: boolean;

  @Field(() => String, { nullable: true, description: 'The code to use instead of a deprecated one.' })
  replacedBy: string | null;
}

@Visible('public')
@ObjectType('Vocabulary', { description: 'The terms of one kind.' })
export class VocabularyType {
  @Field(() => Int, { description: 'Version of the vocabulary.' })
  version: number;

  @Field(() => String)
  kind: string;

  @Field(() => LocalizedTextType)
  label: LocalizedTextType;

  @Field(() => [VocabularyTermType])
  terms: VocabularyTermType[];
}

function toTermType(term: VocabularyTerm): VocabularyTermType {
  return {
    code: term.code,
    label: { zh: term.zh, en: term.en },
    parent: term.parent ?? null,
    synonyms: [...(term.synonymsZh ?? []), ...(term.synonymsEn ?? [])],
    isDeprecated: term.deprecated !== undefined,
    replacedBy: term.deprecated?.replacedBy ?? null,
  };
}

export function toVocabularyType(version: number, kind: VocabularyKind): VocabularyType {
  return { version, kind: kind.kind, label: { zh: kind.zh, en: kind.en }, terms: kind.terms.map(toTermType) };
}
