import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registeredTables } from '@app/database';
import { RightsMarket } from '../../support/rights-market.factory.js';
import type { Party } from '../../support/rights-market.factory.js';

/** What the migration makes, in the order in which it can be taken away. */
const TAKE_AWAY = `
  drop table withdrawal_notices;
  drop view standing_withdrawals;
  drop function episodes_of_contributor;
  drop table withdrawn_episodes, withdrawn_files, version_withdrawals, withdrawal_cancellations, withdrawals,
    version_contributors, contributors;
  drop function consent_refuse_rewrite`;

describe('the migration that learns who is in which episodes', () => {
  let market: RightsMarket;
  let provider: Party;
  let other: Party;

  beforeAll(async () => {
    market = await RightsMarket.open();
    provider = await market.party({ isProvider: true });
    other = await market.party({ isProvider: true });
  });

  afterAll(() => market.close());

  async function released(party: Party, facts: object): Promise<string> {
    const { versionId } = await market.shelf(party, { episodes: 10 });
    await market.rows('alter table dataset_versions disable trigger dataset_versions_immutable');
    await market.rows('update dataset_versions set facts = $2 where id = $1', [versionId, JSON.stringify(facts)]);
    await market.rows('alter table dataset_versions enable trigger dataset_versions_immutable');
    return versionId;
  }

  it('reads it from what was declared before, and puts into every episode who was named without any', async () => {
    const told = await released(provider, {
      declared: {
        contributors: [{ pseudonym: 'P1' }, { pseudonym: 'P2' }],
        sessions: [
          { id: 'a', operator: 'P1', episodes: [0, 2] },
          { id: 'b', operator: 'P1', episodes: [5, 99] },
          { id: 'c', operator: 'P3', episodes: [4, 4] },
          { id: 'd', operator: 'P3' },
        ],
        operators: ['P4'],
      },
      measured: { coverage: { operators: [{ name: 'P5', episodes: 3 }] } },
    });
    const namesake = await released(other, { declared: { contributors: [{ pseudonym: 'P1' }], operators: 'nobody' } });
    await released(other, { declared: {} });
    const migration = registeredTables()
      .flatMap(({ migrations }) => [...migrations])
      .find(({ name }) => name.startsWith('Consent'));
    if (!migration) throw new Error('There is no such migration.');
    await market.rows(TAKE_AWAY);

    const runner = market.database.dataSource.createQueryRunner();
    await new migration().up(runner);
    await runner.release();

    const found = await market.rows(
      `select c.organization_id as organization, v.version_id as version, c.pseudonym, v.episodes::text, v.is_stated as "isStated"
         from version_contributors v join contributors c on c.id = v.contributor_id order by v.version_id, c.pseudonym`,
    );
    const row = (pseudonym: string, episodes: string, isStated: boolean, version = told, party = provider) => ({
      organization: party.organizationId,
      version,
      pseudonym,
      episodes,
      isStated,
    });
    expect(found).toEqual([
      row('P1', '{[0,3),[5,10)}', true),
      row('P2', '{[0,10)}', false),
      row('P3', '{[0,10)}', false),
      row('P4', '{[0,10)}', false),
      row('P5', '{[0,10)}', false),
      row('P1', '{[0,10)}', false, namesake, other),
    ]);
  });
});
