import { createHash, randomInt } from 'node:crypto';
import { Inject, Injectable, Optional } from '@nestjs/common';
import { Audit } from '@app/audit';
import { Settings, marketSettings } from '@app/config';
import { Database } from '@app/database';
import { Clock, newId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { GrantSlice } from '../grants/grant.entity.js';
import { agreementOf, certificateOf, claimsHashOf } from './certificate.rules.js';
import type { CertifiedFacts } from './certificate.rules.js';
import { TermsQueries } from '../terms/terms.queries.js';
import { CERTIFICATE_COLUMNS } from './certificate.queries.js';
import type { CertificateRow } from './certificate.queries.js';
import { SigningKeys } from './signing-keys.service.js';
import { STATUS_LIST_ENTRIES } from './status-list.rules.js';
import { VersionForms } from './version-forms.port.js';

interface FactsRow {
  readonly licenseeId: string;
  readonly licenseeSlug: string;
  readonly licenseeName: string;
  readonly licensorId: string;
  readonly licensorSlug: string;
  readonly licensorName: string;
  readonly datasetId: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly commitId: string | null;
  readonly merkleRoot: string | null;
  readonly slice: GrantSlice;
  readonly termsHash: string;
  readonly template: string;
  readonly startsAt: Date | null;
  readonly expiresAt: Date | null;
}

const SELECT_FACTS = `
  select b.id as "licenseeId", b.slug as "licenseeSlug", b.name as "licenseeName",
         p.id as "licensorId", p.slug as "licensorSlug", p.name as "licensorName",
         d.id as "datasetId", d.slug as "datasetSlug", v.id as "versionId", v.label as "versionLabel",
         v.commit_id as "commitId", v.merkle_root as "merkleRoot", g.slice, g.terms_hash as "termsHash",
         t.terms->>'template' as template, g.starts_at as "startsAt", g.expires_at as "expiresAt"
    from grants g join organizations b on b.id = g.organization_id
    join organizations p on p.id = g.provider_organization_id
    join datasets d on d.id = g.dataset_id join dataset_versions v on v.id = g.version_id
    join terms t on t.hash = g.terms_hash
   where g.id = $1 and g.state = 'active' for no key update of g`;

/** Tries in one list before the next is opened: a list is left when about nine of ten places are taken. */
const TRIES = 24;

/** Issues certificates within the transaction that gives or changes a right. Asks nobody whether it may: its callers did. */
@Injectable()
export class CertificateIssuer {
  private readonly issuer: string;

  constructor(
    private readonly database: Database,
    private readonly audit: Audit,
    private readonly clock: Clock,
    private readonly keys: SigningKeys,
    private readonly terms: TermsQueries,
    settings: Settings,
    // Named, because a type with null in it leaves no name behind.
    @Optional() @Inject(VersionForms) private readonly forms: VersionForms | null = null,
  ) {
    this.issuer = settings.of(marketSettings).publicUrl;
  }

  /**
   * The certificate of an active grant: the one that it has, or a new one when what it states has changed (a renewed period,
   * a further standard form), or when its key was withdrawn. Null where the market has no signing key, or the version no content address to certify.
   */
  async issue(ctx: RequestContext, grantId: string): Promise<CertificateRow | null> {
    if (!ctx.tx) throw new Error('A certificate is issued in the transaction of the right.');
    if (!this.keys.canSign) return null;
    const facts = await this.factsOf(ctx, grantId);
    if (!facts) return null;
    const claimsHash = claimsHashOf(this.issuer, facts);
    const [newest] = await this.database.query<CertificateRow & { claimsHash: string }>(
      ctx,
      `select ${CERTIFICATE_COLUMNS}, c.claims_hash as "claimsHash" from certificates c
        where c.grant_id = $1 order by c.id desc limit 1`,
      [grantId],
    );
    if (newest?.claimsHash === claimsHash && this.keys.isPublished(newest.kid)) return newest;
    const issuedAt = this.clock.now();
    const id = newId('Certificate', issuedAt.getTime());
    const { jwt, kid } = await this.keys.sign(certificateOf(this.issuer, facts, { id, issuedAt }));
    await this.database.execute(
      ctx,
      'insert into certificates (id, grant_id, claims_hash, kid, jwt, issued_at) values ($1, $2, $3, $4, $5, $6)',
      [id, grantId, claimsHash, kid, jwt, issuedAt],
    );
    await this.audit.record(ctx, {
      action: 'certificate.issued',
      // The id opens the certificate to whoever has it, so the log holds the hash of its bytes instead.
      subject: { kind: 'grant', id: grantId },
      about: {
        datasetId: facts.dataset.id,
        organizationIds: [facts.licensee.id, facts.licensor.id],
        grantId,
      },
      facts: {
        certificateSha256: createHash('sha256').update(jwt).digest('hex'),
        kid,
        merkleRoot: facts.version.merkleRoot,
        termsHash: facts.policy.termsHash,
      },
    });
    return { id, grantId, kid, jwt, issuedAt };
  }

  private async factsOf(ctx: RequestContext, grantId: string): Promise<CertifiedFacts | null> {
    const [row] = await this.database.query<FactsRow>(ctx, SELECT_FACTS, [grantId]);
    if (!row?.startsAt || row.commitId === null || row.merkleRoot === null) return null;
    const right = {
      grantId,
      licensee: { id: row.licenseeId, slug: row.licenseeSlug, name: row.licenseeName },
      licensor: { id: row.licensorId, slug: row.licensorSlug, name: row.licensorName },
      dataset: { id: row.datasetId, slug: row.datasetSlug },
      version: { id: row.versionId, label: row.versionLabel, commit: row.commitId, merkleRoot: row.merkleRoot },
      validFrom: row.startsAt,
      validUntil: row.expiresAt,
    };
    const terms = await this.terms.byHash(ctx, row.termsHash);
    const odrl = terms && agreementOf(this.issuer, terms, right);
    return {
      ...right,
      forms: (await this.forms?.formsOf(ctx, row.versionId)) ?? [],
      slice: row.slice,
      policy: { termsHash: row.termsHash, template: row.template, odrl },
      status: await this.statusEntry(ctx, grantId),
    };
  }

  /** The grant's place in the status lists, chosen at random once: neither its number nor its neighbours say anything. */
  private async statusEntry(ctx: RequestContext, grantId: string): Promise<{ list: number; index: number }> {
    const [entry] = await this.database.query<{ list: number; index: number }>(
      ctx,
      'select list, index from status_entries where grant_id = $1',
      [grantId],
    );
    if (entry) return entry;
    const [open] = await this.database.query<{ list: number }>(
      ctx,
      'select coalesce(max(list), 1) as list from status_entries',
    );
    for (let list = open?.list ?? 1; ; list++) {
      for (let tried = 0; tried < TRIES; tried++) {
        const [taken] = await this.database.query<{ list: number; index: number }>(
          ctx,
          `insert into status_entries (grant_id, list, index) values ($1, $2, $3)
           on conflict (list, index) do nothing returning list, index`,
          [grantId, list, randomInt(STATUS_LIST_ENTRIES)],
        );
        if (taken) return taken;
      }
    }
  }
}
