import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { LRUCache } from 'lru-cache';
import type { TextMatch } from './index/facet-index.js';
import { KnownWords } from './text/spelling.js';
import { TERM_LEXICON } from './text/term-lexicon.js';
import { literalQuery, pieceQuery, planQuery, planText } from './text/text-plan.rules.js';
import type { Correction, Piece, TextPlan } from './text/text-plan.rules.js';

/** A word in fewer documents may itself be a typing error. */
const TRUSTED_DOCUMENTS = 3;
/** Memory of the matches kept ready; a broad word in a million datasets takes about one megabyte. */
const CACHE_BYTES = 32 * 1024 * 1024;

export interface TextResult {
  readonly match: TextMatch;
  readonly plan: TextPlan;
}

const NOTHING: TextMatch = { documents: new Int32Array(0), titled: new Int32Array(0) };

/** Finds the search documents that a text means. */
@Injectable()
export class TextSearchQueries {
  private words = new KnownWords(TERM_LEXICON.words);
  private readonly counts = new Map<string, number>();
  private readonly cache = new LRUCache<string, TextResult>({
    maxSize: CACHE_BYTES,
    sizeCalculation: ({ match }, text) => 256 + 2 * text.length + 4 * (match.documents.length + match.titled.length),
  });
  private generation = 0;

  constructor(private readonly database: Database) {}

  /** Learns which words the catalogue's texts use, for the correction of typing errors. */
  async loadWords(ctx: RequestContext): Promise<void> {
    const rows = await this.database.query<{ word: string }>(
      ctx,
      `select word from dataset_search_words, unnest(words) as word group by word having count(*) >= $1`,
      [TRUSTED_DOCUMENTS],
    );
    this.words = new KnownWords([...TERM_LEXICON.words, ...rows.map(({ word }) => word)]);
    this.counts.clear();
  }

  /** Follows a change of the catalogue: forgets every answer, learns the words of the changed documents. */
  onChange(words: Iterable<string>): void {
    this.generation++;
    this.cache.clear();
    for (const word of words) {
      const count = (this.counts.get(word) ?? 0) + 1;
      if (count < TRUSTED_DOCUMENTS) this.counts.set(word, count);
      else {
        this.counts.delete(word);
        this.words.add(word);
      }
    }
  }

  /** The documents that hold every piece of the text, mistyped words corrected, pieces that no text holds left out. */
  async search(ctx: RequestContext, text: string): Promise<TextResult> {
    const known = this.cache.get(text);
    if (known) return known;
    const { generation } = this;
    const result = await this.find(ctx, text);
    if (generation === this.generation) this.cache.set(text, result);
    return result;
  }

  private async find(ctx: RequestContext, text: string): Promise<TextResult> {
    const corrected: Correction[] = [];
    const planned = planText(text, this.words);
    const absent = await this.absentOf(
      ctx,
      planned.filter(({ isUnknown }) => isUnknown),
      literalQuery,
    );
    const dropped: string[] = [];
    const pieces = planned.flatMap((piece): Piece[] => {
      if (!absent.has(piece)) return [piece];
      const nearest = this.words.nearest(piece.typed);
      if (nearest.length === 0) {
        dropped.push(piece.typed);
        return [];
      }
      corrected.push({ typed: piece.typed, used: nearest });
      return [{ typed: piece.typed, forms: nearest.flatMap((word) => TERM_LEXICON.formsOf(word)), isUnknown: false }];
    });
    const match = await this.matchOf(ctx, pieces);
    if (match.documents.length > 0 || pieces.length < 2) return { match, plan: { corrected, dropped } };
    const unfound = await this.absentOf(ctx, pieces, pieceQuery);
    if (unfound.size === 0) return { match, plan: { corrected, dropped } };
    const rest = pieces.filter((piece) => !unfound.has(piece));
    return {
      match: await this.matchOf(ctx, rest),
      plan: { corrected, dropped: [...dropped, ...[...unfound].map(({ typed }) => typed)] },
    };
  }

  private async matchOf(ctx: RequestContext, pieces: readonly Piece[]): Promise<TextMatch> {
    const query = planQuery(pieces);
    if (query === null) return NOTHING;
    const [row] = await this.database.prepared<{ documents: Buffer | null; titled: Buffer | null }>(
      ctx,
      'dataset_search_match',
      MATCH,
      [query],
    );
    return { documents: toNumbers(row?.documents ?? null), titled: toNumbers(row?.titled ?? null) };
  }

  /** Those of the pieces that no document holds. */
  private async absentOf(
    ctx: RequestContext,
    pieces: readonly Piece[],
    queryOf: (piece: Piece) => string | null,
  ): Promise<Set<Piece>> {
    if (pieces.length === 0) return new Set();
    const rows = await this.database.query<{ place: number }>(
      ctx,
      `select place from unnest($1::text[]) with ordinality as wanted (query, place)
        where query is null or not has_dataset_search(query::tsquery)`,
      [pieces.map(queryOf)],
    );
    return new Set(rows.flatMap(({ place }) => pieces[Number(place) - 1] ?? []));
  }
}

/** Matches packed as big-endian 32-bit numbers: a third of the time that rows take. */
const MATCH = 'select documents, titled from match_dataset_search($1::tsquery)';

function toNumbers(packed: Buffer | null): Int32Array {
  if (packed === null) return new Int32Array(0);
  // A copy, because the driver's buffer may start anywhere and an Int32Array only at a multiple of four.
  const aligned = new Uint8Array(packed);
  Buffer.from(aligned.buffer).swap32();
  return new Int32Array(aligned.buffer);
}
