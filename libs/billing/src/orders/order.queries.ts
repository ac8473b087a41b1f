import { Injectable } from '@nestjs/common';
import { Database } from '@app/database';
import { KernelErrors, decodeCursor, encodeCursor, pageSize, requireUser, toPage } from '@app/kernel';
import type { Currency, Page, PageRequest, RequestContext } from '@app/kernel';
import type { OrderState } from './order.rules.js';

/** An order as its buyer sees it. */
export interface OrderRow {
  readonly id: string;
  readonly state: OrderState;
  readonly offerId: string;
  readonly datasetId: string;
  readonly datasetSlug: string;
  readonly versionId: string;
  readonly versionLabel: string;
  readonly termsHash: string;
  readonly intendedUse: string | null;
  readonly priceMinor: number;
  readonly currency: Currency;
  readonly grantId: string | null;
  readonly createdAt: Date;
}

const SELECT_ORDERS = `
  select o.id, o.state, o.offer_id as "offerId", o.dataset_id as "datasetId", d.slug as "datasetSlug",
         o.version_id as "versionId", v.label as "versionLabel", o.terms_hash as "termsHash",
         o.intended_use as "intendedUse", o.price_minor as "priceMinor", o.currency, g.id as "grantId", o.created_at as "createdAt"
    from orders o join datasets d on d.id = o.dataset_id join dataset_versions v on v.id = o.version_id
    left join grants g on g.order_id = o.id
   where o.organization_id = $1`;

/** An organization's own orders. */
@Injectable()
export class OrderQueries {
  constructor(private readonly database: Database) {}

  /** The acting organization's own orders, newest first. */
  async orders(ctx: RequestContext, page: PageRequest): Promise<Page<OrderRow>> {
    const { organizationId } = requireUser(ctx);
    const size = pageSize(page);
    const before = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const rows = await this.database.query<OrderRow>(
      ctx,
      `${SELECT_ORDERS} and ($2::text is null or o.id < $2) order by o.id desc limit $3`,
      [organizationId, before, size + 1],
    );
    return toPage(rows, size, (row) => encodeCursor([row.id]));
  }

  /** One of the acting organization's own orders. @throws REQUEST_NOT_FOUND */
  async byId(ctx: RequestContext, id: string): Promise<OrderRow> {
    const { organizationId } = requireUser(ctx);
    const [row] = await this.database.query<OrderRow>(ctx, `${SELECT_ORDERS} and o.id = $2`, [organizationId, id]);
    if (!row) throw KernelErrors.NOT_FOUND({ what: 'order', id });
    return row;
  }
}
