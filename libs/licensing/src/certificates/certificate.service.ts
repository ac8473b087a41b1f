import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import type { RequestContext } from '@app/kernel';
import { GrantQueries } from '../grants/grant.queries.js';
import { LicensingErrors } from '../licensing.errors.js';
import { CertificateIssuer } from './certificate-issuer.service.js';
import type { CertificateRow } from './certificate.queries.js';

/** Certificates on demand. */
@Injectable()
export class CertificateService {
  constructor(
    private readonly database: Database,
    private readonly grants: GrantQueries,
    private readonly issuer: CertificateIssuer,
  ) {}

  /**
   * The certificate of an active grant as things stand, for its parties and the operator; asking again changes nothing.
   * @returns null where this market signs no certificates
   * @throws REQUEST_NOT_FOUND, LICENSING_GRANT_NOT_ACTIVE
   */
  async issueCertificate(ctx: RequestContext, input: { grantId: string }): Promise<CertificateRow | null> {
    return this.database.transaction(ctx, async (ctx) => {
      const { id: grantId, state, stateReason } = await this.grants.byId(ctx, input.grantId);
      if (state !== 'active') throw LicensingErrors.GRANT_NOT_ACTIVE({ grantId, state, reason: stateReason });
      return this.issuer.issue(ctx, grantId);
    });
  }
}
