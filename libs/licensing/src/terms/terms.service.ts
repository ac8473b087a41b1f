import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { Clock, canonicalJson } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { INSERT_VERDICTS, verdictParams } from './stored-verdicts.js';
import { termsHashOf } from './terms.js';
import type { Terms } from './terms.js';

@Injectable()
export class TermsService {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Keeps terms for ever and names them by their hash. Keeping the same terms again changes nothing. */
  async freeze(ctx: RequestContext, terms: Terms): Promise<string> {
    const hash = termsHashOf(terms);
    return this.database.transaction(ctx, async (ctx) => {
      await this.database.execute(
        ctx,
        'insert into terms (hash, terms, created_at) values ($1, $2, $3) on conflict (hash) do nothing',
        [hash, canonicalJson(terms), this.clock.now()],
      );
      await this.database.execute(ctx, INSERT_VERDICTS, verdictParams(hash, terms));
      return hash;
    });
  }
}
