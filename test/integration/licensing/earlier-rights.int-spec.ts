import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { OrderService } from '@app/billing';
import { registeredTables } from '@app/database';
import { DomainError, newId } from '@app/kernel';
import { GrantService, LicenseRequestService } from '@app/licensing';
import { RightsMarket } from '../../support/rights-market.factory.js';
import type { Party, Shelf } from '../../support/rights-market.factory.js';

/** A market as it was before its rights had holds and acceptances; what the services have written since is the measure. */
const WITHOUT_HOLDS = `
  drop trigger grants_hold on grants;
  drop table grant_holds;
  drop sequence grant_lanes;
  drop function check_grant_hold, require_grant_hold`;
const WITHOUT_ACCEPTANCES = `
  drop table grant_acceptances;
  alter table grants disable trigger user;
  drop index grants_lapsing, grants_renewal, offers_due;
  alter table grants drop constraint grants_started, drop column lapses_at, drop column renews_grant_id;
  alter table grants add constraint grants_check check (true);
  alter table grants enable trigger user;
  alter table offers drop column audience, drop column valid_until, drop column stock`;
const HOLDS = `
  select grant_id as "grantId", dataset_id as "datasetId", organization_id as "organizationId", offer_id as "offerId", during::text,
         fields::text, is_exclusive as "isExclusive", case when is_exclusive then lane::text end as lane, place
    from grant_holds order by grant_id`;
const ACCEPTANCES = `
  select grant_id as "grantId", via, terms_hash as "termsHash", organization_id as "organizationId", accepted_by as "acceptedBy"
    from grant_acceptances where via = $1 order by grant_id`;

describe('rights from before there were holds and acceptances', () => {
  let market: RightsMarket;
  let provider: Party;
  let shelf: Shelf;

  beforeAll(async () => {
    market = await RightsMarket.open();
    provider = await market.party({ isProvider: true });
    shelf = await market.shelf(provider);
  });

  afterAll(() => market.close());

  async function bought(more: object): Promise<string> {
    const offerId = await market.offer(provider, await market.shelf(provider), more);
    const buyer = await market.party({ isBuyer: true });
    const input = { offerId, idempotencyKey: newId('Request'), acceptTerms: true };
    const placed = await market.get(OrderService).placeOrder(buyer.ctx, input);
    if (placed instanceof DomainError) throw placed;
    return placed.grantId;
  }

  async function migrate(name: string): Promise<void> {
    const Migration = registeredTables()
      .flatMap(({ migrations }) => [...migrations])
      .find((migration) => migration.name.startsWith(name));
    if (!Migration) throw new Error(`There is no migration ${name}.`);
    const runner = market.database.dataSource.createQueryRunner();
    await new Migration().up(runner);
    await runner.release();
  }

  it('hold and have accepted what they would if they were given today', async () => {
    const grants = market.get(GrantService);
    await bought({ template: 'exclusive', limits: { fields: ['logistics', 'retail'] } });
    await bought({ template: 'commercial' });
    await bought({ template: 'CC-BY-4.0' });
    const suspended = await bought({ template: 'commercial', limits: { fields: ['household'] } });
    await grants.suspendGrant(provider.ctx, { grantId: suspended, reason: 'A complaint is looked into.' });
    const research = await bought({ template: 'research' });
    const revoked = await bought({ template: 'commercial' });
    await grants.revokeGrant(provider.ctx, { grantId: revoked, reason: 'The holder passed the data on.' });
    const asking = await market.party({ isBuyer: true });
    const waiting = await market.get(LicenseRequestService).requestLicense(asking.ctx, {
      offerId: await market.offer(provider, shelf, { template: 'commercial', needsApproval: true }),
      use: 'commercial_training',
      acceptTerms: true,
    });
    const [held, requested, ordered] = [
      await market.rows<{ grantId: string }>(HOLDS),
      await market.rows(ACCEPTANCES, ['request']),
      await market.rows(ACCEPTANCES, ['order']),
    ];
    expect([held.length, requested.length, ordered.length]).toEqual([5, 1, 6]);

    await market.rows(WITHOUT_HOLDS);
    await market.rows(WITHOUT_ACCEPTANCES);
    await migrate('Negotiation');
    await migrate('GrantHolds');

    // Of a right that is over nothing is held any more; of one that opens nothing commercially nothing ever was.
    expect(await market.rows(HOLDS)).toEqual(held.filter(({ grantId }) => grantId !== revoked));
    expect(held.map(({ grantId }) => grantId)).not.toContain(research);
    expect([await market.rows(ACCEPTANCES, ['request']), await market.rows(ACCEPTANCES, ['order'])]).toEqual([
      requested,
      ordered,
    ]);
    const lapsing = await market.rows(
      `select id from grants where lapses_at = created_at + interval '45 days' and state = 'requested'`,
    );
    expect(lapsing).toEqual([{ id: waiting.id }]);
  });
});
