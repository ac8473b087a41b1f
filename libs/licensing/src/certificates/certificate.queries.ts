import { Injectable } from '@nestjs/common';
import { Settings, marketSettings } from '@app/config';
import { Database } from '@app/database';
import { Clock, KernelErrors, isId } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import { SigningKeys } from './signing-keys.service.js';
import { parseStatusListName, statusListOf } from './status-list.rules.js';
import { certificateUrlOf } from './certificate.rules.js';

/** A certificate as it was issued. */
export interface CertificateRow {
  readonly id: string;
  readonly grantId: string;
  readonly kid: string;
  readonly jwt: string;
  readonly issuedAt: Date;
}

export const CERTIFICATE_COLUMNS = `c.id, c.grant_id as "grantId", c.kid, c.jwt, c.issued_at as "issuedAt"`;

const SELECT_STOPPED = {
  revocation: `
    select s.index from status_entries s join grants g on g.id = s.grant_id where s.list = $1 and g.state = 'revoked'`,
  // What the gate refuses while it lasts: the right itself is held back, or the operator holds back the whole dataset.
  suspension: `
    select s.index from status_entries s join grants g on g.id = s.grant_id where s.list = $1 and g.state = 'suspended'
     union
    select s.index from datasets d join grants g on g.dataset_id = d.id join status_entries s on s.grant_id = g.id
     where s.list = $1 and d.status = 'suspended' and g.state in ('active', 'suspended')`,
} as const;

/** Certificates and status lists as anybody may read them who has their address. */
@Injectable()
export class CertificateQueries {
  readonly issuer: string;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly keys: SigningKeys,
    settings: Settings,
  ) {
    this.issuer = settings.of(marketSettings).publicUrl;
  }

  urlOf(certificate: CertificateRow): string {
    return certificateUrlOf(this.issuer, certificate.id);
  }

  /** By its unguessable id, for everybody: a training script holds no account. @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<CertificateRow> {
    const [row] = isId('Certificate', id)
      ? await this.database.query<CertificateRow>(
          ctx,
          `select ${CERTIFICATE_COLUMNS} from certificates c where c.id = $1`,
          [id],
        )
      : [];
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'certificate', id });
    return row;
  }

  /** The newest certificate of each grant. For grants that the asker was shown: it asks nothing about him. */
  async newestOf(ctx: RequestContext, grantIds: readonly string[]): Promise<Map<string, CertificateRow>> {
    const rows = await this.database.query<CertificateRow>(
      ctx,
      `select distinct on (c.grant_id) ${CERTIFICATE_COLUMNS} from certificates c
        where c.grant_id = any($1::text[]) order by c.grant_id, c.id desc`,
      [grantIds],
    );
    return new Map(rows.map((row) => [row.grantId, row]));
  }

  /** A status list as of now, signed. @throws REQUEST_NOT_FOUND, LICENSING_NO_SIGNING_KEY */
  async statusList(ctx: RequestContext, name: string): Promise<string> {
    const parsed = parseStatusListName(name);
    const [found] = parsed
      ? await this.database.query<{ list: number }>(ctx, 'select list from status_entries where list = $1 limit 1', [
          parsed.list,
        ])
      : [];
    if (!parsed || !found) throw KernelErrors.NOT_FOUND({ what: 'status list', id: name });
    // Taken before the rows are read: a list never claims to be newer than what it was made from.
    const at = this.clock.now();
    const stopped = await this.database.query<{ index: number }>(ctx, SELECT_STOPPED[parsed.purpose], [parsed.list]);
    const credential = statusListOf(
      this.issuer,
      parsed,
      stopped.map((entry) => entry.index),
      at,
    );
    return (await this.keys.sign(credential)).jwt;
  }
}
