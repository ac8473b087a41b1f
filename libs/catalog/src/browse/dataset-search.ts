import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { FACETS, facetLabel } from './facets.js';
import { lexemesOf, toTsvector, wordsOf } from './text/lexemes.js';

/** Different task texts that one dataset is found by; a corpus with a sentence per episode has too many to matter. */
const TASKS_MAX = 200;

interface SearchTexts {
  readonly title: string;
  readonly body: string;
  readonly codes: readonly (readonly string[])[];
}

/** Keeps the search documents of datasets. */
@Injectable()
export class DatasetSearch {
  constructor(private readonly database: Database) {}

  /**
   * Writes the dataset's search document anew, in the context's transaction. Call it whenever titles, summaries, coded
   * facts, or the current version changed; nothing happens when there is no such dataset.
   */
  async reindex(ctx: RequestContext, datasetId: string): Promise<void> {
    const [texts] = await this.database.prepared<SearchTexts & { codes: string[][] }>(ctx, 'dataset_search_texts', TEXTS, [
      datasetId,
      TASKS_MAX,
    ]);
    if (!texts) return;
    const labels = FACETS.flatMap((facet, i) =>
      facet.kind === null ? [] : (texts.codes[i] ?? []).map((code) => facetLabel(facet, code)).flatMap(({ zh, en }) => [zh, en]),
    );
    const body = [texts.title, texts.body, ...labels];
    await this.database.prepared(ctx, 'dataset_search_write', WRITE, [
      datasetId,
      toTsvector(lexemesOf([texts.title])),
      toTsvector(lexemesOf(body)),
      [...wordsOf(body)],
    ]);
  }
}

/** Facets that say what a dataset is about; rights, grade and format have filters, and their labels would only be noise. */
const ABOUT = new Set(['taskFamilies', 'skills', 'scenes', 'embodimentClasses', 'endEffectors', 'modalities', 'collectionMethods', 'realities']);

const TEXTS = `
  select concat_ws(E'\\n', d.title_zh, d.title_en, d.name) as title,
         concat_ws(E'\\n', d.summary_zh, d.summary_en, o.slug, o.name, array_to_string(d.robots, E'\\n'), tasks.text) as body,
         jsonb_build_array(${FACETS.map(({ field, sql }) => (ABOUT.has(field) ? `to_jsonb(${sql})` : `'[]'::jsonb`)).join(', ')}) as codes
    from datasets d
    join organizations o on o.id = d.organization_id
    left join dataset_versions v on v.id = d.current_version_id
    left join lateral (
      select string_agg(task, E'\\n') as text
        from (select task from jsonb_array_elements_text(
                case when jsonb_typeof(v.facts -> 'tasks') = 'array' then v.facts -> 'tasks' else '[]' end) as task
              limit $2) as first_tasks
    ) tasks on true
   where d.id = $1`;

const WRITE = `
  insert into dataset_search (dataset_id, title, body, words) values ($1, $2::tsvector, $3::tsvector, $4)
  on conflict (dataset_id) do update set title = excluded.title, body = excluded.body, words = excluded.words`;
