import { Args, Query, Resolver } from '@nestjs/graphql';
import { KernelErrors } from '@app/kernel';
import { Allow, Cached } from '@app/graphql';
import { VOCABULARY, VOCABULARY_KINDS, vocabularyOf } from './vocabulary.js';
import { VocabularyType, toVocabularyType } from './vocabulary.graphql.js';

@Resolver()
export class VocabularyResolver {
  @Allow('anonymous')
  @Cached('catalog')
  @Query(() => VocabularyType, { description: 'The controlled terms of one kind, such as task_family or scene.' })
  vocabulary(@Args('kind', { type: () => String }) kind: string): VocabularyType {
    const found = vocabularyOf(kind.toLowerCase());
    if (!found) {
      throw KernelErrors.INVALID({
        problems: [{ path: 'kind', message: `must be one of ${VOCABULARY_KINDS.join(', ')}` }],
      });
    }
    return toVocabularyType(VOCABULARY.version, found);
  }
}
