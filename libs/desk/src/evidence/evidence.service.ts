import { Injectable } from '@nestjs/common';
import type { Readable } from 'node:stream';
import { Audit, LogProofs } from '@app/audit';
import type { SignedCheckpoint } from '@app/audit';
import { Settings, marketSettings } from '@app/config';
import { Database } from '@app/database';
import { LeaseQueries } from '@app/delivery';
import { OrganizationQueries } from '@app/identity';
import { Clock, canonicalJson, sightOf } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import {
  AcceptanceQueries,
  CertificateQueries,
  GrantEvidenceQueries,
  GrantQueries,
  LicensingErrors,
  SigningKeys,
  TermsQueries,
  textOfTerms,
} from '@app/licensing';
import type { GrantRow, Terms } from '@app/licensing';
import { UsageQueries } from '@app/metering';
import { csvLine } from '../exports/csv.rules.js';
import { writeBundle } from './bundle-writer.js';
import type { BundlePart } from './bundle-writer.js';
import { README } from './readme.js';
import { seesPeopleOf, toldTo } from './told-leaf.js';
import type { Reader } from './told-leaf.js';

export const EVIDENCE_TYPE = 'bodega-evidence+jws';

/** A bundle on its way: its name, and its bytes as they are made. */
export interface EvidenceBundle {
  readonly fileName: string;
  readonly zip: Readable;
}

/** Everything that is on record about one grant, as one signed archive that can be checked with the network off. */
@Injectable()
export class EvidenceService {
  private readonly market: string;

  constructor(
    private readonly grants: GrantQueries,
    private readonly kept: GrantEvidenceQueries,
    private readonly acceptances: AcceptanceQueries,
    private readonly terms: TermsQueries,
    private readonly certificates: CertificateQueries,
    private readonly keys: SigningKeys,
    private readonly leases: LeaseQueries,
    private readonly usage: UsageQueries,
    private readonly organizations: OrganizationQueries,
    private readonly proofs: LogProofs,
    private readonly audit: Audit,
    private readonly database: Database,
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.market = settings.of(marketSettings).publicUrl;
  }

  /**
   * The bundle of a grant for its parties and the operator. Taking it is an act, on record before the first byte.
   * @throws REQUEST_UNAUTHENTICATED, REQUEST_NOT_FOUND, LICENSING_NO_SIGNING_KEY
   */
  async bundleOf(ctx: RequestContext, grantId: string): Promise<EvidenceBundle> {
    const grant = await this.grants.byId(ctx, grantId);
    if (!this.keys.canSign) throw LicensingErrors.NO_SIGNING_KEY({});
    const reader = sightOf(ctx);
    const madeAt = this.clock.now();
    const signed = await this.proofs.signedCheckpoint(ctx);
    await this.database.transaction(ctx, (ctx) =>
      this.audit.record(ctx, {
        action: 'evidence.exported',
        subject: { kind: 'grant', id: grant.id },
        about: {
          grantId: grant.id,
          datasetId: grant.datasetId,
          organizationIds: [grant.organizationId, grant.providerOrganizationId],
        },
        facts: { isComplete: reader.seesAll },
      }),
    );
    const facts = {
      v: 1,
      kind: 'bodega.evidence',
      market: this.market,
      grantId: grant.id,
      madeAt: madeAt.toISOString(),
      madeFor: reader.seesAll ? 'operator' : reader.organizationId,
      checkpoint: signed && { size: signed.size, rootHash: signed.rootHash.toString('hex') },
    };
    const zip = writeBundle(this.partsOf(ctx, grant, reader, signed), facts, madeAt, (manifest) =>
      this.keys.signBytes(manifest, EVIDENCE_TYPE),
    );
    return { fileName: `evidence-${grant.id}.zip`, zip };
  }

  /** In the order of the archive. Each is read when its turn comes. */
  private partsOf(ctx: RequestContext, grant: GrantRow, reader: Reader, signed: SignedCheckpoint | null): BundlePart[] {
    const { id, termsHash } = grant;
    const terms = (): Promise<Terms | null> => this.terms.byHash(ctx, termsHash);
    const whole = (name: string, textOf: () => Promise<string>): BundlePart => ({ name, text: once(textOf) });
    return [
      whole('README.txt', () => Promise.resolve(README)),
      whole('grant.json', () => this.grantText(ctx, grant)),
      whole('terms.json', async () => canonicalJson(await terms())),
      whole('terms.txt', async () => {
        const accepted = await terms();
        return (accepted && textOfTerms(accepted)) ?? '';
      }),
      whole('acceptance.json', async () => canonicalJson((await this.acceptances.of(ctx, [id])).get(id) ?? [])),
      { name: 'grant-events.jsonl', text: this.events(ctx, id, reader) },
      { name: 'certificates.jsonl', text: this.certificateLines(ctx, id) },
      { name: 'status-lists.jsonl', text: this.statusLines(ctx, id) },
      whole('jwks.json', () => Promise.resolve(canonicalJson({ keys: this.keys.published }))),
      { name: 'leases.csv', text: this.leaseLines(ctx, grant, reader) },
      { name: 'served.csv', text: this.servedLines(ctx, id) },
      { name: 'log/leaves.jsonl', text: this.leafLines(ctx, id, reader, signed) },
      whole('log/checkpoint', () => Promise.resolve(signed?.note ?? '')),
      whole('log/vkeys.txt', () => Promise.resolve(this.proofs.vkeys.map((key) => `${key}\n`).join(''))),
    ];
  }

  private async grantText(ctx: RequestContext, grant: GrantRow): Promise<string> {
    const named = await this.organizations.byIds(ctx, [grant.organizationId, grant.providerOrganizationId]);
    const party = (id: string): object => ({
      id,
      slug: named.get(id)?.slug ?? null,
      name: named.get(id)?.name ?? null,
    });
    return canonicalJson({
      ...grant,
      holder: party(grant.organizationId),
      provider: party(grant.providerOrganizationId),
    });
  }

  private async *events(ctx: RequestContext, grantId: string, reader: Reader): AsyncGenerator<string> {
    for (const event of await this.kept.events(ctx, grantId)) {
      const isShown = event.actorKind !== 'user' || seesPeopleOf(reader, event.actorOrganizationId);
      yield `${canonicalJson({ ...event, actorId: isShown ? event.actorId : null })}\n`;
    }
  }

  private async *certificateLines(ctx: RequestContext, grantId: string): AsyncGenerator<string> {
    for (const { id, kid, jwt, issuedAt } of await this.kept.certificates(ctx, grantId)) {
      yield `${canonicalJson({ id, kid, issuedAt, jwt })}\n`;
    }
  }

  private async *statusLines(ctx: RequestContext, grantId: string): AsyncGenerator<string> {
    for (const name of await this.kept.statusLists(ctx, grantId)) {
      yield `${canonicalJson({ name, jwt: await this.certificates.statusList(ctx, name) })}\n`;
    }
  }

  private async *leaseLines(ctx: RequestContext, grant: GrantRow, reader: Reader): AsyncGenerator<string> {
    yield csvLine(['lease', 'created_at', 'expires_at', 'version', 'files', 'issued_bytes', 'requested_by']);
    const seesPeople = seesPeopleOf(reader, grant.organizationId);
    for await (const page of this.leases.ofGrant(ctx, grant.id)) {
      yield page
        .map(({ id, createdAt, expiresAt, versionId, files, bytes, requestedBy }) =>
          csvLine([id, createdAt, expiresAt, versionId, files, bytes, seesPeople ? requestedBy : null]),
        )
        .join('');
    }
  }

  private async *servedLines(ctx: RequestContext, grantId: string): AsyncGenerator<string> {
    yield csvLine(['hour', 'lease', 'requests', 'refused_requests', 'served_bytes']);
    for await (const page of this.usage.servedUnder(ctx, grantId)) {
      yield page
        .map((row) => csvLine([row.hour, row.leaseId, row.requests, row.refusedRequests, row.servedBytes]))
        .join('');
    }
  }

  /** Proven against the one checkpoint of the bundle, a statement for each page of them. */
  private async *leafLines(
    ctx: RequestContext,
    grantId: string,
    reader: Reader,
    signed: SignedCheckpoint | null,
  ): AsyncGenerator<string> {
    for await (const page of this.proofs.leavesAbout(ctx, { grantId })) {
      const seqs = page.map(({ seq }) => seq);
      const proofs = await this.proofs.tlogProofs(ctx, seqs, signed);
      yield page.map((leaf, i) => `${canonicalJson({ ...toldTo(reader, leaf), proof: proofs[i] ?? null })}\n`).join('');
    }
  }
}

async function* once(textOf: () => Promise<string>): AsyncGenerator<string> {
  yield await textOf();
}
