import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { newId } from '@app/kernel';
import type { Scope } from '@app/kernel';
import type { GraphQLSchema } from 'graphql';
import { buildPublicSchema } from '../../scripts/public-schema.js';
import type { Party } from '../support/open-market.js';
import { CREATE_LEASE, leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from '../support/published-set.js';
import { Tenants } from '../support/tenants.js';
import { WALLS } from '../support/walls.js';

let schema: GraphQLSchema;
let tenants: Tenants;
/** How the last attempt left things: what the next one finds. */
let left: string[] | null = null;

beforeAll(async () => {
  schema = await buildPublicSchema();
  tenants = await Tenants.settle();
});

afterAll(() => tenants.market.close());

describe('what is another’s', () => {
  it('has a wall at every root field of the schema, and no wall stands alone', () => {
    const fields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
      Object.keys(type?.getFields() ?? {}),
    );

    expect(Object.keys(WALLS).sort()).toEqual(fields.sort());
  });

  describe.each(Object.entries(WALLS).flatMap(([name, wall]) => (typeof wall === 'function' ? [{ name, wall }] : [])))(
    '$name',
    ({ wall }) => {
      it.each(['rival', 'outsider', 'passer-by'] as const)(
        'keeps it from a %s and leaves it as it is',
        async (name) => {
          const before = left ?? (await tenants.stateOfOthers());
          left = null;

          await wall(tenants, { name, ...(name !== 'passer-by' && { credential: tenants[name].apiKey }) });

          const after = await tenants.stateOfOthers();
          expect(after).toEqual(before);
          expect(before.length).toBeGreaterThan(20);
          left = after;
        },
      );
    },
  );

  it('is still the owners’ own after all of that', async () => {
    const { market, victim, seller, things } = tenants;
    const own = await market.must(
      `query($grant: ID!, $order: ID!) { grant: node(id: $grant) { id } order: node(id: $order) { id }
        balance { currency spendableMinor } apiKeys { nodes { id revokedAt } } }`,
      { grant: things.grantId, order: things.orderId },
      victim.apiKey,
    );
    const draft = await market.must(
      'query($slug: String!) { dataset(slug: $slug) { status versions(first: 5) { nodes { status report } } } }',
      { slug: things.draft.slug },
      seller.apiKey,
    );

    expect(own).toMatchObject({
      grant: { id: things.grantId },
      order: { id: things.orderId },
      balance: expect.arrayContaining([{ currency: 'CNY', spendableMinor: 118_457 }]),
      apiKeys: { nodes: [{ id: things.apiKeyId, revokedAt: null }] },
    });
    expect(draft.dataset).toMatchObject({ status: 'DRAFT', versions: { nodes: [{ status: 'READY' }] } });
    expect(draft.dataset.versions.nodes[0].report).not.toBeNull();
  });
});

describe('a private offer', () => {
  const OFFERS = `query($slug: String!) { dataset(slug: $slug) { offers { id isPrivate audience } } }`;
  const offersFor = async (credential?: string): Promise<{ id: string }[]> =>
    (await tenants.market.must(OFFERS, { slug: tenants.listed.slug }, credential)).dataset.offers;

  it('stands beside the public ones for its buyer, who does not see who else it is made to', async () => {
    const { things, victim, seller, admin } = tenants;

    expect(await offersFor(victim.apiKey)).toContainEqual({
      id: things.privateOfferId,
      isPrivate: true,
      audience: null,
    });
    for (const party of [seller, admin])
      expect(await offersFor(party.apiKey)).toContainEqual({
        id: things.privateOfferId,
        isPrivate: true,
        audience: ['victim'],
      });
  });

  it('is in nobody else’s list, nor in an answer kept for the next passer-by', async () => {
    const { things, victim, rival, outsider } = tenants;
    for (const credential of [undefined, victim.apiKey, undefined, rival.apiKey, outsider.apiKey, undefined]) {
      const ids = (await offersFor(credential)).map(({ id }) => id);
      expect(ids.includes(things.privateOfferId)).toBe(credential === victim.apiKey);
    }
  });

  it('leaves no price and no name in the public log', async () => {
    const { market, admin, things, victim } = tenants;

    const { auditLog } = await market.must(
      'query($filter: AuditLogFilterInput) { auditLog(first: 10, filter: $filter) { nodes { action leaf } } }',
      { filter: { subjectId: things.privateOfferId } },
      admin.apiKey,
    );

    // The operator has looked at it, above: his looks are leaves too, and tell no more than the making does.
    const actions: string[] = auditLog.nodes.map(({ action }: { action: string }) => action);
    expect(actions.filter((action) => action !== 'offer.read_by_operator')).toEqual(['offer.created']);
    for (const secret of ['77777', victim.organizationId, 'victim'])
      expect(JSON.stringify(auditLog.nodes)).not.toContain(secret);
  });
});

describe('files of what is another’s', () => {
  const get = (path: string, apiKey?: string) =>
    fetch(`${tenants.market.url}${path}`, apiKey ? { headers: { authorization: `Bearer ${apiKey}` } } : {});

  it('are refused to strangers as if the grant were not, and asked of nobody without an account', async () => {
    const { rival, outsider, things } = tenants;
    const path = `/grants/${things.grantId}/evidence.zip`;

    for (const party of [rival, outsider]) {
      const real = await get(path, party.apiKey);
      const madeUp = await get(`/grants/${newId('Grant')}/evidence.zip`, party.apiKey);
      expect([real.status, madeUp.status]).toEqual([404, 404]);
      expect(await real.json()).toMatchObject({ code: 'REQUEST_NOT_FOUND' });
    }
    for (const one of [path, '/export/grants.csv', '/export/audit-log.jsonl', '/export/usage.csv'])
      expect([one, (await get(one)).status]).toEqual([one, 401]);
  });

  it('hold of the lists what the lists show, and nothing of others', async () => {
    const { rival, things } = tenants;
    for (const path of [
      '/export/grants.csv',
      '/export/grants.jsonl?holder=victim',
      '/export/audit-log.csv',
      `/export/audit-log.jsonl?grantId=${things.grantId}`,
      '/export/usage.csv?groupBy=GRANT',
    ]) {
      const text = await (await get(path, rival.apiKey)).text();
      expect(tenants.secrets().filter((secret) => text.includes(secret))).toEqual([]);
    }
    expect((await get(`/export/usage.csv?grantId=${things.grantId}`, rival.apiKey)).status).toBe(404);
  });

  it('need a key that opens more than the catalogue', async () => {
    const { createApiKey } = await tenants.market.must(
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { label: 'narrow', scopes: ['catalog:read'] } },
      tenants.victim.apiKey,
    );
    for (const path of ['/export/grants.csv', `/grants/${tenants.things.grantId}/evidence.zip`])
      expect((await get(path, createApiKey.secret)).status).toBe(403);
  });
});

describe('the two sides of one grant', () => {
  const GRANTS = '{ grants(first: 50) { nodes { id datasetSlug organizationId } } }';

  it('let the provider see the grant on its data, and nothing else of its buyer', async () => {
    const { market, seller, victim, rival, things } = tenants;
    const other = await publishFolder(market, rival, { folder: sampleFolder('grasping'), name: 'elsewhere' });
    const elsewhere = await orderOf(market, victim, await offerOn(market, rival, other.slug));
    const lease = await leaseOf(market, victim, elsewhere.grantId);

    const seen = await market.must(
      `query($id: ID!) { node(id: $id) { ... on Grant { note state licensee { slug name isBuyer verifiedAt }
          acceptances { via organizationId acceptedBy } changesSinceRequest { hasChanged } } } ${GRANTS.slice(1, -1)}
        auditLog(first: 100) { nodes { leaf } } usage(groupBy: GRANT) { series { nodes { key } } }
        orders(first: 50) { nodes { id } } apiKeys(first: 50) { nodes { id } } balance { spendableMinor } }`,
      { id: things.requestedGrantId },
      seller.apiKey,
    );

    expect(seen.node).toEqual({
      note: 'between the two of us',
      state: 'requested',
      licensee: { slug: 'victim', name: expect.any(String), isBuyer: true, verifiedAt: null },
      acceptances: [{ via: 'request', organizationId: victim.organizationId, acceptedBy: null }],
      // The provider made the private offer to the same buyer since.
      changesSinceRequest: { hasChanged: true },
    });
    expect(seen.grants.nodes.map(({ id }: { id: string }) => id)).toEqual(
      expect.arrayContaining([things.grantId, things.requestedGrantId]),
    );
    expect(seen.usage.series.nodes).toEqual(expect.arrayContaining([{ key: things.grantId }]));
    const text = JSON.stringify(seen);
    const hidden = [
      elsewhere.grantId,
      elsewhere.orderId,
      lease.leaseId,
      other.slug,
      things.apiKeyId,
      things.sessionId,
      things.userId,
      victim.email,
      ':118457',
    ];
    expect(hidden.filter((secret) => text.includes(secret))).toEqual([]);
    expect(seen.orders.nodes).toEqual([]);
    for (const id of [elsewhere.grantId, elsewhere.orderId, things.orderId]) {
      const { errors } = await market.ask('query($id: ID!) { node(id: $id) { id } }', { id }, seller.apiKey);
      expect(errors[0]?.extensions.code).toBe('REQUEST_NOT_FOUND');
    }
  });

  it('let the provider take no byte under the grant that it gave, though it may end it', async () => {
    const { market, seller, things } = tenants;

    const { errors } = await market.ask(CREATE_LEASE, { input: { grantId: things.grantId } }, seller.apiKey);

    expect(errors[0]?.extensions.code).toBe('REQUEST_NOT_FOUND');
  });

  it('let the buyer decide nothing about its own grant', async () => {
    const { market, victim, things } = tenants;
    const before = await tenants.stateOfOthers();

    for (const [field, input] of [
      ['approveLicense', { grantId: things.requestedGrantId }],
      ['declineLicense', { grantId: things.requestedGrantId, reason: 'as the buyer wants it' }],
      ['suspendGrant', { grantId: things.grantId, reason: 'as the buyer wants it' }],
      ['revokeGrant', { grantId: things.grantId, reason: 'as the buyer wants it' }],
      ['resumeGrant', { grantId: things.grantId }],
      ['refundOrder', { grantId: things.grantId, reason: 'as the buyer wants it' }],
    ] as const) {
      const type = `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
      const { errors } = await market.ask(
        `mutation($input: ${type}!) { ${field}(input: $input) { state } }`,
        { input },
        victim.apiKey,
      );
      expect(errors[0]?.extensions.code).toBe('REQUEST_FORBIDDEN');
    }

    expect(await tenants.stateOfOthers()).toEqual(before);
  });

  it('let the buyer see nothing of its provider but what is on the shelf', async () => {
    const { market, victim, things } = tenants;
    const { draft, draftOfferId, uploadingVersionId } = things;

    for (const id of [draft.datasetId, draft.versionId, draftOfferId, uploadingVersionId]) {
      const { errors } = await market.ask('query($id: ID!) { node(id: $id) { id } }', { id }, victim.apiKey);
      expect(errors[0]?.extensions.code).toBe('REQUEST_NOT_FOUND');
    }
    const seen = await market.must('{ auditLog(first: 100) { nodes { leaf } } }', {}, victim.apiKey);
    const text = JSON.stringify(seen);
    expect([draft.slug, draft.datasetId, uploadingVersionId].filter((secret) => text.includes(secret))).toEqual([]);
  });
});

describe('an API key', () => {
  const keyOf = async (party: Party, scopes: readonly Scope[]): Promise<string> => {
    const { createApiKey } = await tenants.market.must(
      'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }',
      { input: { label: scopes.join(' '), scopes } },
      party.apiKey,
    );
    return createApiKey.secret;
  };
  const codeOf = async (key: string, field: string, type: string, input: object): Promise<string | undefined> => {
    const query = `mutation($input: ${type}!) { ${field}(input: $input) { __typename } }`;
    return (await tenants.market.ask(query, { input }, key)).errors[0]?.extensions.code;
  };
  const seller = (): readonly [string, string, object][] => {
    const { listed, things, offers } = tenants;
    const { uploadingVersionId: versionId, uploadingPath, grantId } = things;
    const { slug } = listed;
    const files = [{ path: uploadingPath, sha256: '0'.repeat(64), parts: [{ number: 1, etag: 'e' }] }];
    const reason = 'as the key wants it';
    return [
      ['createDataset', 'CreateDatasetInput', { name: 'seller/by-key' }],
      ['updateDataset', 'UpdateDatasetInput', { slug, title: { en: 'By key' } }],
      ['withdrawDataset', 'DatasetReasonInput', { slug, reason }],
      ['beginUpload', 'BeginUploadInput', { slug, files: [{ path: 'by-key', sizeBytes: 1 }] }],
      ['completeUpload', 'CompleteUploadInput', { versionId, files }],
      ['removeFiles', 'RemoveFilesInput', { versionId, paths: [uploadingPath] }],
      ['submitVersion', 'SubmitVersionInput', { versionId }],
      ['publishVersion', 'PublishVersionInput', { versionId: things.draft.versionId }],
      ['recallVersion', 'RecallVersionInput', { versionId: listed.versionId, reason }],
      [
        'withdrawConsent',
        'WithdrawConsentInput',
        { pseudonym: things.pseudonym, reason, idempotencyKey: 'a-withdrawal-by-key' },
      ],
      ['createOffer', 'CreateOfferInput', { slug, template: 'commercial' }],
      ['retireOffer', 'RetireOfferInput', { offerId: offers.free }],
      ['approveLicense', 'ApproveLicenseInput', { grantId: things.requestedGrantId }],
      ['declineLicense', 'DeclineLicenseInput', { grantId: things.requestedGrantId, reason }],
      ['suspendGrant', 'SuspendGrantInput', { grantId, reason }],
      ['resumeGrant', 'ResumeGrantInput', { grantId }],
      ['revokeGrant', 'RevokeGrantInput', { grantId, reason }],
      ['refundOrder', 'RefundOrderInput', { grantId, reason }],
    ];
  };
  const buyer = (): readonly [string, string, object][] => {
    const { things, offers } = tenants;
    const order = { offerId: offers.free, idempotencyKey: 'an-order-by-key', acceptTerms: true };
    return [
      ['createLease', 'CreateLeaseInput', { grantId: things.grantId }],
      ['placeOrder', 'PlaceOrderInput', order],
      ['requestLicense', 'RequestLicenseInput', { offerId: offers.approval, acceptTerms: true }],
      ['withdrawRequest', 'WithdrawRequestInput', { grantId: things.requestedGrantId }],
      ['releaseSeat', 'ReleaseSeatInput', { grantId: things.grantId, userId: things.userId }],
      ['acknowledgeWithdrawal', 'AcknowledgeWithdrawalInput', { noticeId: things.noticeId }],
    ];
  };

  it('for the catalogue alone neither orders, nor takes, nor sells', async () => {
    const before = await tenants.stateOfOthers();
    const keys = [
      await keyOf(tenants.victim, ['catalog:read']),
      await keyOf(tenants.seller, ['catalog:read']),
    ] as const;
    const made = await tenants.stateOfOthers();

    for (const [calls, key] of [
      [buyer(), keys[0]],
      [seller(), keys[1]],
    ] as const) {
      for (const [field, type, input] of calls)
        expect([field, await codeOf(key, field, type, input)]).toEqual([field, 'REQUEST_FORBIDDEN']);
    }

    expect(await tenants.stateOfOthers()).toEqual(made);
    expect(made.length).toBe(before.length + 2);
  });

  it('for the catalogue alone shows nothing of its own organization either', async () => {
    const key = await keyOf(tenants.victim, ['catalog:read']);

    for (const query of [
      '{ grants { nodes { id } } }',
      '{ orders { nodes { id } } }',
      '{ balance { currency } }',
      '{ usage { servedBytes } }',
      '{ auditLog { nodes { seq } } }',
      '{ notices(first: 5) { nodes { id } } }',
      '{ withdrawals(first: 5) { nodes { id } } }',
      '{ apiKeys { nodes { id } } }',
      '{ ownDatasets { nodes { id } } }',
    ]) {
      const { errors } = await tenants.market.ask(query, {}, key);
      expect([query, errors[0]?.extensions.code]).toEqual([query, 'REQUEST_FORBIDDEN']);
    }
    const { viewer, datasets } = await tenants.market.must('{ viewer { role } datasets { totalCount } }', {}, key);
    expect({ viewer, datasets }).toEqual({ viewer: { role: 'owner' }, datasets: { totalCount: expect.any(Number) } });
  });

  it('for reading data sells nothing, and one for writing it takes nothing', async () => {
    const reading = await keyOf(tenants.seller, ['catalog:read', 'data:read']);
    const writing = await keyOf(tenants.victim, ['catalog:read', 'data:write']);
    const before = await tenants.stateOfOthers();

    for (const [field, type, input] of seller())
      expect([field, await codeOf(reading, field, type, input)]).toEqual([field, 'REQUEST_FORBIDDEN']);
    for (const [field, type, input] of buyer())
      expect([field, await codeOf(writing, field, type, input)]).toEqual([field, 'REQUEST_FORBIDDEN']);

    expect(await tenants.stateOfOthers()).toEqual(before);
  });

  it('of the operator without the admin scope is no operator', async () => {
    const key = await keyOf(tenants.admin, ['catalog:read', 'data:read', 'data:write']);
    const { things, listed } = tenants;

    for (const [field, type, input] of [
      ['suspendDataset', 'DatasetReasonInput', { slug: listed.slug, reason: 'as the key wants it' }],
      ['approveDataset', 'ApproveDatasetInput', { slug: listed.slug }],
      ['verifyOrganization', 'VerifyOrganizationInput', { organizationId: tenants.victim.organizationId }],
    ] as const)
      expect([field, await codeOf(key, field, type, input)]).toEqual([field, 'REQUEST_FORBIDDEN']);
    for (const id of [things.grantId, things.draft.datasetId, things.draft.versionId]) {
      const { errors } = await tenants.market.ask('query($id: ID!) { node(id: $id) { id } }', { id }, key);
      expect(errors[0]?.extensions.code).toBe('REQUEST_NOT_FOUND');
    }
    const { auditLog, grants } = await tenants.market.must(
      '{ auditLog(first: 100) { nodes { organizationIds } } grants { nodes { id } } }',
      {},
      key,
    );
    expect(grants.nodes).toEqual([]);
    for (const leaf of auditLog.nodes) expect(leaf.organizationIds).toContain(tenants.admin.organizationId);
  });

  it('neither widens itself nor ends keys that may do more', async () => {
    const narrow = await keyOf(tenants.victim, ['data:read']);

    expect(await codeOf(narrow, 'createApiKey', 'CreateApiKeyInput', { label: 'wide', scopes: ['data:write'] })).toBe(
      'IDENTITY_SCOPE_TOO_WIDE',
    );
    expect(await codeOf(narrow, 'revokeApiKey', 'RevokeApiKeyInput', { keyId: tenants.things.apiKeyId })).toBe(
      'REQUEST_FORBIDDEN',
    );
    expect((await tenants.market.ask('{ viewer { role } }', {}, tenants.victim.apiKey)).status).toBe(200);
  });
});
