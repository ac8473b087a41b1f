import { Injectable } from '@nestjs/common';
import { Settings, marketSettings } from '@app/config';
import { KernelErrors } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { policyContext, profileOf } from '../odrl/odrl-names.js';
import { toOdrl } from '../odrl/write-policy.rules.js';
import { LICENCES, textOfTerms, toTerms } from './template.rules.js';
import { termsHashOf } from './terms.js';
import type { Terms } from './terms.js';
import { TermsQueries } from './terms.queries.js';

/** Terms by their address. */
export interface TermsDocument {
  readonly hash: string;
  readonly terms: Terms;
  /** What people accept, Chinese first; null where only the clauses themselves can be shown. */
  readonly text: string | null;
}

export const termsUrlOf = (publicUrl: string, hash: string): string => `${publicUrl}/terms/${hash}`;

/** Terms as everybody may read them: a hash says nothing of who offers or holds what stands under it. */
@Injectable()
export class TermsDocuments {
  private readonly publicUrl: string;
  /** Every licence of the table has its address before anybody offers under it. */
  private readonly templates = new Map(
    LICENCES.map((licence) => toTerms(licence)).map((terms) => [termsHashOf(terms), terms]),
  );

  constructor(
    private readonly terms: TermsQueries,
    settings: Settings,
  ) {
    this.publicUrl = settings.of(marketSettings).publicUrl;
  }

  /** @throws REQUEST_NOT_FOUND */
  async byHash(ctx: RequestContext, hash: string): Promise<TermsDocument> {
    const isHash = /^[0-9a-f]{64}$/.test(hash);
    const terms = isHash ? (this.templates.get(hash) ?? (await this.terms.byHash(ctx, hash))) : null;
    if (!terms) throw KernelErrors.NOT_FOUND({ what: 'terms', id: hash });
    return { hash, terms, text: textOfTerms(terms) };
  }

  /** The terms as an ODRL policy that stands alone. @throws REQUEST_NOT_FOUND */
  async odrlOf(ctx: RequestContext, hash: string): Promise<Record<string, unknown>> {
    const { terms } = await this.byHash(ctx, hash);
    const profile = profileOf(this.publicUrl);
    const uid = termsUrlOf(this.publicUrl, hash);
    return { '@context': policyContext(profile), ...toOdrl(terms, { kind: 'Set', profile, uid }) };
  }
}
