import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { canonicalJson } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { CERTIFICATE_COLUMNS } from '../certificates/certificate.queries.js';
import type { CertificateRow } from '../certificates/certificate.queries.js';
import { STATUS_PURPOSES } from '../certificates/certificate.rules.js';
import { findLicence } from '../terms/template.rules.js';

/** One step of a grant's life, as it was written down when it happened. */
export interface GrantEventRow {
  readonly seq: number;
  readonly fromState: string | null;
  readonly toState: string;
  readonly reason: string | null;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly actorOrganizationId: string | null;
  readonly at: Date;
}

/** Terms as they were accepted: the data, byte for byte what is hashed, and the text for people. */
export interface AcceptedTerms {
  readonly json: string;
  readonly text: string;
  /** Whether the text is, byte for byte, the one whose hash the terms hold. */
  readonly isTextProven: boolean;
}

/** What is kept of one grant. For a grant that the asker was shown: it asks nothing about him. */
@Injectable()
export class GrantEvidenceQueries {
  constructor(private readonly database: Database) {}

  async events(ctx: RequestContext, grantId: string): Promise<GrantEventRow[]> {
    return this.database.query<{ [K in keyof GrantEventRow]: GrantEventRow[K] }>(
      ctx,
      `select seq, from_state as "fromState", to_state as "toState", reason, actor_kind as "actorKind", actor_id as "actorId",
              actor_organization_id as "actorOrganizationId", at from grant_events where grant_id = $1 order by seq`,
      [grantId],
    );
  }

  /** Every certificate that was issued for it, oldest first. */
  async certificates(ctx: RequestContext, grantId: string): Promise<CertificateRow[]> {
    return this.database.query<{ [K in keyof CertificateRow]: CertificateRow[K] }>(
      ctx,
      `select ${CERTIFICATE_COLUMNS} from certificates c where c.grant_id = $1 order by c.id`,
      [grantId],
    );
  }

  /** Names of the status lists in which its certificates have a place. */
  async statusLists(ctx: RequestContext, grantId: string): Promise<string[]> {
    const rows = await this.database.query<{ list: number }>(
      ctx,
      'select list from status_entries where grant_id = $1',
      [grantId],
    );
    return rows.flatMap(({ list }) => STATUS_PURPOSES.map((purpose) => `${purpose}-${list}`));
  }

  async acceptedTerms(ctx: RequestContext, termsHash: string): Promise<AcceptedTerms | null> {
    const [row] = await this.database.query<{ terms: StoredTerms }>(ctx, 'select terms from terms where hash = $1', [
      termsHash,
    ]);
    return row ? { json: canonicalJson(row.terms), ...acceptedText(row.terms) } : null;
  }
}

interface StoredTerms {
  readonly template: string;
  readonly title: Readonly<Record<'zh' | 'en', string>>;
  readonly summary: Readonly<Record<'zh' | 'en', string>>;
  readonly clauses: Readonly<Record<string, Readonly<Record<'zh' | 'en', string>>>>;
  readonly text: { readonly sha256: string; readonly url: string | null };
}

/** The text is not stored, for the terms hold all of it; only the order of its clauses is that of the licence's row. */
function acceptedText(terms: StoredTerms): { text: string; isTextProven: boolean } {
  const ofRow = Object.keys(findLicence(terms.template)?.clauses ?? {}).filter((id) =>
    Object.hasOwn(terms.clauses, id),
  );
  const ids = [...ofRow, ...Object.keys(terms.clauses).filter((id) => !ofRow.includes(id))];
  const told = (language: 'zh' | 'en'): string =>
    [
      terms.title[language],
      terms.summary[language],
      ...ids.map((id) => `${id}: ${terms.clauses[id]?.[language] ?? ''}`),
      ...(terms.text.url === null ? [] : [terms.text.url]),
    ].join('\n');
  const text = `${told('zh')}\n\n${told('en')}`;
  return { text, isTextProven: createHash('sha256').update(text).digest('hex') === terms.text.sha256 };
}
