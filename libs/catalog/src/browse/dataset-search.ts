import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { FACETS } from './facets.js';
import { searchDocumentOf } from './text/search-document.js';
import type { SearchTexts } from './text/search-document.js';

/** Different task texts that one dataset is found by; a corpus with a sentence per episode has too many to matter. */
const TASKS_MAX = 200;

/** Keeps the search documents of datasets. */
@Injectable()
export class DatasetSearch {
  constructor(private readonly database: Database) {}

  /**
   * Writes the dataset's search document anew, in the context's transaction. Call it whenever titles, summaries, coded
   * facts, or the current version changed; nothing happens when there is no such dataset.
   */
  async reindex(ctx: RequestContext, datasetId: string): Promise<void> {
    const [texts] = await this.database.prepared<SearchTexts>(ctx, 'dataset_search_texts', TEXTS, [
      datasetId,
      TASKS_MAX,
    ]);
    if (!texts) return;
    const { title, body, words } = searchDocumentOf(texts);
    await this.database.prepared(ctx, 'dataset_search_write', WRITE, [datasetId, title, body, words]);
  }
}

const TEXTS = `
  select concat_ws(E'\\n', d.title_zh, d.title_en, d.name) as title,
         concat_ws(E'\\n', d.summary_zh, d.summary_en, o.slug, o.name, array_to_string(d.robots, E'\\n'), tasks.text) as body,
         jsonb_build_array(${FACETS.map(({ sql }) => `to_jsonb(${sql})`).join(', ')}) as facets
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
  with document as (
    insert into dataset_search (dataset_id, title, body) values ($1, $2::tsvector, $3::tsvector)
    on conflict (dataset_id) do update set title = excluded.title, body = excluded.body
  )
  insert into dataset_search_words (dataset_id, words) values ($1, $4)
  on conflict (dataset_id) do update set words = excluded.words`;
