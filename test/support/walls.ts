import { expect } from '@jest/globals';
import { newId } from '@app/kernel';
import type { IdKind } from '@app/kernel';
import type { Answer } from './open-market.js';
import type { Tenants } from './tenants.js';

/** Somebody who has no part in what the seller and the victim have; without a credential he is a passer-by. */
export interface Stranger {
  readonly name: 'rival' | 'outsider' | 'passer-by';
  readonly credential?: string;
}

export type Probe = (tenants: Tenants, stranger: Stranger) => Promise<void>;

/** Refusals that a stranger may meet. Which one it is depends on who asks, never on what exists. */
const CLOSED = ['REQUEST_NOT_FOUND', 'REQUEST_FORBIDDEN', 'REQUEST_UNAUTHENTICATED'];
const REASON = 'because a stranger wants it so';

const ask = (tenants: Tenants, stranger: Stranger, query: string, variables: Record<string, unknown> = {}) =>
  tenants.market.ask(query, variables, stranger.credential);

/** An answer without what differs from request to request, and with the id that was asked for under one name. */
function faceless({ status, data, errors }: Answer, id: string): string {
  const told = errors.map(({ message, path, extensions: { requestId: _, ...extensions } }) => ({
    message,
    path,
    extensions,
  }));
  return JSON.stringify({ status, data, errors: told }).replaceAll(id, '<id>');
}

/**
 * The answer for another's id is, apart from the id itself, the answer for an id that never existed. The rival may buy
 * and sell, so that no role stands before the wall: where `rivalMeets` is a code, he meets exactly this one.
 */
async function isAsIfItWereNot(
  tenants: Tenants,
  stranger: Stranger,
  query: string,
  ids: { readonly real: string; readonly madeUp: string },
  variables: (id: string) => Record<string, unknown>,
  rivalMeets = 'REQUEST_NOT_FOUND',
): Promise<void> {
  const real = await ask(tenants, stranger, query, variables(ids.real));
  const madeUp = await ask(tenants, stranger, query, variables(ids.madeUp));

  expect(faceless(real, ids.real)).toBe(faceless(madeUp, ids.madeUp));
  expect([...CLOSED, rivalMeets]).toContain(real.errors[0]?.extensions.code);
  if (stranger.name === 'rival') expect(real.errors[0]?.extensions.code).toBe(rivalMeets);
}

/** The answer is allowed, and holds nothing of the seller's or the victim's own. */
async function showsNothing(
  tenants: Tenants,
  stranger: Stranger,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer['data']> {
  const { data, errors } = await ask(tenants, stranger, query, variables);
  const text = JSON.stringify(data);

  expect(tenants.secrets().filter((secret) => text.includes(secret))).toEqual([]);
  if (stranger.name !== 'passer-by') expect(errors).toEqual([]);
  return data;
}

/** A list shows a stranger's own things alone, also behind a cursor of the victim's and whatever is filtered by. */
function listOf(
  field: string,
  selection: string,
  options: {
    readonly owner?: 'seller' | 'victim';
    readonly filterType?: string;
    readonly filters?: (tenants: Tenants) => readonly Record<string, unknown>[];
  } = {},
): Probe {
  return async (tenants, stranger) => {
    const query = `query($after: String) { ${field}(first: 50, after: $after) { nodes { ${selection} } pageInfo { endCursor } } }`;
    const first = `{ ${field}(first: 1) { nodes { ${selection} } pageInfo { endCursor } } }`;
    const { [field]: theirs } = await tenants.market.must(first, {}, tenants[options.owner ?? 'victim'].apiKey);
    expect(theirs.nodes).toHaveLength(1);

    await showsNothing(tenants, stranger, query);
    await showsNothing(tenants, stranger, query, { after: theirs.pageInfo.endCursor });
    for (const filter of options.filters?.(tenants) ?? []) {
      const data = await showsNothing(
        tenants,
        stranger,
        `query($filter: ${options.filterType}) { ${field}(first: 50, filter: $filter) { nodes { ${selection} } } }`,
        { filter },
      );
      if (stranger.name !== 'passer-by') expect(data[field].nodes).toEqual([]);
    }
  };
}

/** A mutation that names something of another's. */
function actOn(
  field: string,
  kind: IdKind | 'slug',
  pick: (tenants: Tenants) => readonly string[],
  input: (id: string) => Record<string, unknown>,
  more: { readonly selection?: string; readonly rivalMeets?: string; readonly type?: string } = {},
): Probe {
  const type = more.type ?? `${field.charAt(0).toUpperCase()}${field.slice(1)}Input`;
  const query = `mutation($input: ${type}!) { ${field}(input: $input) { ${more.selection ?? '__typename'} } }`;
  return async (tenants, stranger) => {
    for (const real of pick(tenants)) {
      const madeUp = kind === 'slug' ? 'seller/nothing' : newId(kind);
      await isAsIfItWereNot(
        tenants,
        stranger,
        query,
        { real, madeUp },
        (id) => ({ input: input(id) }),
        more.rivalMeets,
      );
    }
  };
}

const ownedVersions = ({ things, listed }: Tenants): string[] => [
  things.draft.versionId,
  things.uploadingVersionId,
  listed.versionId,
];
const unreleasedVersions = ({ things }: Tenants): string[] => [things.draft.versionId, things.uploadingVersionId];
const ownedGrants = ({ things }: Tenants): string[] => [things.grantId, things.requestedGrantId];
const ownedSlugs = ({ things, listed }: Tenants): string[] => [things.draft.slug, listed.slug];
const OPERATOR_ONLY = { rivalMeets: 'REQUEST_FORBIDDEN' };

const VERSION_PARTS = `id label status report facts merkleRoot files(first: 5) { nodes { path sha256 } }
  episodeList(first: 5) { nodes { index contentHash } }`;
const PLACE_ORDER = `mutation($input: PlaceOrderInput!) {
  placeOrder(input: $input) { __typename ... on OrderPlaced { order { id } grant { id organizationId } } ... on Refusal { code message } }
}`;
const SIGN_IN = 'mutation($input: SignInInput!) { signIn(input: $input) { viewer { organization { slug } } } }';

/** One of each kind of id that the market hands out. */
const NODE_KINDS: readonly IdKind[] = [
  'Organization',
  'User',
  'ApiKey',
  'Session',
  'Dataset',
  'Version',
  'Episode',
  'Offer',
  'Grant',
  'Order',
  'Certificate',
  'Lease',
  'Entry',
  'Account',
  'Request',
];

/** Every root field: why nothing of anybody's stands behind it, or how a stranger fails at it. */
export const WALLS: Readonly<Record<string, { readonly public: string } | Probe>> = {
  checkpoint: { public: 'the size and root of the log, made to be kept by everybody' },
  inclusionProof: { public: 'hashes of the log, which is made to be checked by everybody' },
  consistencyProof: { public: 'hashes of the log, which is made to be checked by everybody' },
  logHealth: async (tenants, stranger) => {
    const { data, errors } = await ask(tenants, stranger, '{ logHealth { size signedSize isIntact problem } }', {});

    expect(data?.logHealth ?? null).toBeNull();
    expect(errors[0]?.extensions.code).toBe(
      stranger.name === 'passer-by' ? 'REQUEST_UNAUTHENTICATED' : 'REQUEST_FORBIDDEN',
    );
  },
  vocabulary: { public: 'the controlled terms, the same for all' },

  viewer: async (tenants, stranger) => {
    const data = await showsNothing(tenants, stranger, '{ viewer { user { email } organization { slug } scopes } }');
    expect(data.viewer?.organization.slug ?? 'passer-by').toBe(stranger.name);
  },
  apiKeys: listOf('apiKeys', 'id label hint'),
  balance: async (tenants, stranger) => {
    await showsNothing(tenants, stranger, '{ balance { currency spendableMinor payableMinor } }');
  },
  orders: listOf('orders', 'id offerId datasetSlug grantId priceMinor'),
  ownDatasets: listOf('ownDatasets', `id slug versions(first: 5) { nodes { id label } } offers { id }`, {
    owner: 'seller',
  }),
  grants: listOf('grants', 'id organizationId offerId orderId note termsHash certificateUrl certificate { jwt }', {
    filterType: 'GrantFilter',
    filters: ({ things }) => [
      { datasetSlug: things.draft.slug },
      { versionId: things.draft.versionId },
      { states: ['requested'] },
      { holder: 'victim', provider: 'seller' },
      { use: 'commercial_training', activeAt: new Date().toISOString(), text: 'victim' },
    ],
  }),
  useRights: listOf('useRights', 'grant { id note } holder { slug } provider { slug } template uses { use verdict }', {
    filterType: 'UseRightFilter',
    filters: ({ things, listed, victim }) => [
      { versionId: things.draft.versionId },
      { holder: victim.slug, datasetSlug: listed.slug },
      { holder: victim.organizationId },
    ],
  }),
  reviewQueue: async (tenants, stranger) => {
    const { data, errors } = await ask(tenants, stranger, '{ reviewQueue { nodes { id datasetSlug } } }');
    expect(data).toBeNull();
    expect(['REQUEST_FORBIDDEN', 'REQUEST_UNAUTHENTICATED']).toContain(errors[0]?.extensions.code);
  },
  reviews: async (tenants, stranger) => {
    const query = 'query($slug: String!) { reviews(slug: $slug) { nodes { id heads { facts { value } } } } }';
    for (const real of ownedSlugs(tenants))
      await isAsIfItWereNot(tenants, stranger, query, { real, madeUp: 'seller/nothing' }, (slug) => ({ slug }));
  },
  auditLog: listOf('auditLog', 'action leaf facts subjectId organizationIds', {
    filterType: 'AuditLogFilterInput',
    filters: ({ things, victim, seller, listed }) => [
      { organizationId: victim.organizationId },
      { organizationId: seller.organizationId, action: 'dataset.created' },
      { grantId: things.grantId },
      { subjectId: things.orderId },
      { subjectId: things.leaseId },
      { subjectId: things.apiKeyId },
      { subjectId: things.sessionId },
      { datasetId: things.draft.datasetId },
      { datasetId: listed.datasetId, action: 'grant.requested' },
    ],
  }),
  usage: async (tenants, stranger) => {
    const { things, listed } = tenants;
    const query = `query($filter: UsageFilter) { usage(filter: $filter, groupBy: ORGANIZATION) {
      issuedBytes servedBytes unexplainedBytes series { nodes { key label issuedBytes } } } }`;
    await isAsIfItWereNot(tenants, stranger, query, { real: things.grantId, madeUp: newId('Grant') }, (grantId) => ({
      filter: { grantId },
    }));
    await isAsIfItWereNot(tenants, stranger, query, { real: things.draft.slug, madeUp: 'seller/nothing' }, (slug) => ({
      filter: { datasetSlug: slug },
    }));
    const ofListed = await showsNothing(tenants, stranger, query, { filter: { datasetSlug: listed.slug } });
    const ofAll = await showsNothing(tenants, stranger, query);
    if (stranger.name === 'passer-by') return;
    expect(ofListed.usage).toMatchObject({ issuedBytes: 0, servedBytes: 0, series: { nodes: [] } });
    expect(ofAll.usage).toMatchObject({ issuedBytes: 0, servedBytes: 0, series: { nodes: [] } });
  },

  datasets: async (tenants, stranger) => {
    const query = `query($filter: DatasetFilter) { datasets(first: 20, filter: $filter) { totalCount nodes { id slug offers { id }
      versions(first: 5) { nodes { id } } } facets { field values { code count } } } }`;
    for (const filter of [{}, { providers: ['seller'] }, { text: 'unreleased' }, { text: tenants.things.draft.slug }])
      await showsNothing(tenants, stranger, query, { filter });
    const { datasets } = await showsNothing(tenants, stranger, query, { filter: { providers: ['seller'] } });
    expect(datasets).toMatchObject({ totalCount: 1, nodes: [{ slug: tenants.listed.slug }] });
  },
  dataset: async (tenants, stranger) => {
    const { things, listed } = tenants;
    const query = `query($slug: String!) { dataset(slug: $slug) { id offers { id } versions(first: 5) { nodes { ${VERSION_PARTS} } } } }`;
    await isAsIfItWereNot(tenants, stranger, query, { real: things.draft.slug, madeUp: 'seller/nothing' }, (slug) => ({
      slug,
    }));
    const { dataset } = await showsNothing(tenants, stranger, query, { slug: listed.slug });
    expect(dataset.versions.nodes).toMatchObject([{ id: listed.versionId, label: 'v1' }]);
  },
  version: async (tenants, stranger) => {
    const query = `query($id: ID!, $selector: String) { version(datasetId: $id, selector: $selector) { ${VERSION_PARTS} } }`;
    const { draft } = tenants.things;
    for (const selector of ['v1', null]) {
      await isAsIfItWereNot(tenants, stranger, query, { real: draft.datasetId, madeUp: newId('Dataset') }, (id) => ({
        id,
        selector,
      }));
    }
    await isAsIfItWereNot(tenants, stranger, query, { real: 'v2', madeUp: 'v9' }, (selector) => ({
      id: tenants.listed.datasetId,
      selector,
    }));
  },
  episodeFiles: async (tenants, stranger) => {
    const query = 'query($id: ID!) { episodeFiles(versionId: $id, indices: [0]) }';
    for (const real of unreleasedVersions(tenants))
      await isAsIfItWereNot(tenants, stranger, query, { real, madeUp: newId('Version') }, (id) => ({ id }));
  },
  node: async (tenants, stranger) => {
    const { things, victim } = tenants;
    const query = `query($id: ID!) { node(id: $id) { __typename id ... on Version { ${VERSION_PARTS} }
      ... on Dataset { slug offers { id } } ... on Grant { note } ... on Order { priceMinor } ... on Offer { priceMinor terms } } }`;
    const real: Partial<Record<IdKind, readonly string[]>> = {
      Dataset: [things.draft.datasetId],
      Version: unreleasedVersions(tenants),
      Offer: [things.draftOfferId, things.draftApprovalOfferId],
      Grant: ownedGrants(tenants),
      Order: [things.orderId],
      Lease: [things.leaseId],
      ApiKey: [things.apiKeyId],
      Session: [things.sessionId],
      User: [things.userId],
      Organization: [victim.organizationId],
    };
    for (const kind of NODE_KINDS) {
      for (const id of real[kind] ?? [newId(kind)]) {
        const ids = { real: id, madeUp: newId(kind) };
        const code = stranger.credential || !['Grant', 'Order'].includes(kind) ? 'REQUEST_NOT_FOUND' : undefined;
        await isAsIfItWereNot(tenants, stranger, query, ids, (id) => ({ id }), code);
      }
    }
  },
  canI: async (tenants, stranger) => {
    const { things } = tenants;
    const subjects = [
      { type: 'String', name: 'datasetSlug', real: things.draft.slug, madeUp: 'seller/nothing' },
      { type: 'ID', name: 'offerId', real: things.draftOfferId, madeUp: newId('Offer') },
      { type: 'ID', name: 'grantId', real: things.grantId, madeUp: newId('Grant') },
    ];
    for (const { type, name, ...ids } of subjects) {
      const query = `query($id: ${type}) { canI(${name}: $id, use: "commercial_training") { verdict offerId termsHash } }`;
      await isAsIfItWereNot(tenants, stranger, query, ids, (id) => ({ id }));
    }
  },

  canITogether: async (tenants, stranger) => {
    const ids = { real: tenants.things.draft.slug, madeUp: 'seller/nothing' };
    const query = `query($slugs: [String!]!) {
      canITogether(datasetSlugs: $slugs, use: "commercial_training") { verdict members { datasetSlug } } }`;
    for (const listed of [[], [tenants.listed.slug]])
      await isAsIfItWereNot(tenants, stranger, query, ids, (slug) => ({ slugs: [...listed, slug] }));
  },

  updateDataset: actOn('updateDataset', 'slug', ownedSlugs, (slug) => ({ slug, title: { en: 'Taken over' } })),
  withdrawDataset: actOn('withdrawDataset', 'slug', ownedSlugs, (slug) => ({ slug, reason: REASON }), {
    type: 'DatasetReasonInput',
  }),
  suspendDataset: actOn('suspendDataset', 'slug', ownedSlugs, (slug) => ({ slug, reason: REASON }), {
    ...OPERATOR_ONLY,
    type: 'DatasetReasonInput',
  }),
  approveDataset: actOn('approveDataset', 'slug', ownedSlugs, (slug) => ({ slug }), OPERATOR_ONLY),
  resumeDataset: actOn('resumeDataset', 'slug', ownedSlugs, (slug) => ({ slug, reason: REASON }), {
    ...OPERATOR_ONLY,
    type: 'DatasetReasonInput',
  }),
  decideReviewHead: actOn(
    'decideReviewHead',
    'slug',
    ownedSlugs,
    (slug) => ({ slug, head: 'LEGALITY', verdict: 'PASS' }),
    { ...OPERATOR_ONLY, selection: 'id heads { facts { value } }' },
  ),
  concludeReview: actOn('concludeReview', 'slug', ownedSlugs, (slug) => ({ slug }), {
    ...OPERATOR_ONLY,
    type: 'ReviewSlugInput',
  }),
  resubmitDataset: actOn('resubmitDataset', 'slug', ownedSlugs, (slug) => ({ slug }), { type: 'ReviewSlugInput' }),
  recordTitle: actOn(
    'recordTitle',
    'slug',
    ownedSlugs,
    (slug) => ({ slug, event: 'FIRST', number: '1', issuer: 'X', titleRight: 'HOLD', issuedOn: '2026-01-01' }),
    OPERATOR_ONLY,
  ),
  createDataset: async (tenants, stranger) => {
    const query = 'mutation($input: CreateDatasetInput!) { createDataset(input: $input) { dataset { id } } }';
    const ids = { real: tenants.things.draft.slug, madeUp: 'seller/nothing' };
    await isAsIfItWereNot(
      tenants,
      stranger,
      query,
      ids,
      (name) => ({ input: { name } }),
      'CATALOG_NOT_YOUR_ORGANIZATION',
    );
  },
  beginUpload: async (tenants, stranger) => {
    const query =
      'mutation($input: BeginUploadInput!) { beginUpload(input: $input) { version { id } files { uploadId parts { url } } } }';
    const files = [{ path: tenants.things.uploadingPath, sizeBytes: 10 }];
    const ids = { real: tenants.things.draft.slug, madeUp: 'seller/nothing' };
    await isAsIfItWereNot(tenants, stranger, query, ids, (slug) => ({ input: { slug, files } }));
    const versionId = tenants.things.uploadingVersionId;
    for (const input of [
      { slug: tenants.listed.slug, files },
      { slug: tenants.listed.slug, versionId, files },
    ]) {
      const { data, errors } = await ask(tenants, stranger, query, { input });
      expect(data).toBeNull();
      expect(CLOSED).toContain(errors[0]?.extensions.code);
    }
  },
  completeUpload: actOn(
    'completeUpload',
    'Version',
    ownedVersions,
    (versionId) => ({
      versionId,
      files: [{ path: 'data/x.parquet', sha256: '0'.repeat(64), parts: [{ number: 1, etag: 'e' }] }],
    }),
    { selection: 'files { path status }' },
  ),
  removeFiles: actOn('removeFiles', 'Version', ownedVersions, (versionId) => ({
    versionId,
    paths: ['data/chunk-000/not-yet-released.parquet'],
  })),
  submitVersion: actOn('submitVersion', 'Version', ownedVersions, (versionId) => ({ versionId })),
  publishVersion: actOn('publishVersion', 'Version', ownedVersions, (versionId) => ({ versionId, changeNote: REASON })),
  recallVersion: actOn('recallVersion', 'Version', ownedVersions, (versionId) => ({ versionId, reason: REASON })),

  createOffer: actOn('createOffer', 'slug', ownedSlugs, (slug) => ({ slug, template: 'commercial' })),
  retireOffer: actOn(
    'retireOffer',
    'Offer',
    ({ things, offers }) => [things.draftOfferId, offers.free],
    (offerId) => ({ offerId }),
  ),
  requestLicense: actOn(
    'requestLicense',
    'Offer',
    ({ things }) => [things.draftApprovalOfferId, things.draftOfferId],
    (offerId) => ({ offerId, acceptTerms: true }),
  ),
  placeOrder: async (tenants, stranger) => {
    const { things, offers, victim } = tenants;
    const order = (offerId: string, idempotencyKey: string = newId('Request')) => ({
      input: { offerId, idempotencyKey, acceptTerms: true },
    });
    const ids = { real: things.draftOfferId, madeUp: newId('Offer') };
    await isAsIfItWereNot(tenants, stranger, PLACE_ORDER, ids, (id) => order(id, 'a-key-of-the-stranger'));
    if (stranger.name === 'passer-by') return;
    // The victim's key answers neither the victim's order nor that it is taken.
    const again = await ask(tenants, stranger, PLACE_ORDER, order(offers.priced, things.idempotencyKey));
    expect(again.data.placeOrder).toMatchObject({ __typename: 'BalanceTooLow' });
    const own = await ask(tenants, stranger, PLACE_ORDER, order(offers.free, things.idempotencyKey));
    expect(own.data.placeOrder.grant.id).not.toBe(things.grantId);
    expect(own.data.placeOrder.grant.organizationId).not.toBe(victim.organizationId);
  },
  approveLicense: actOn('approveLicense', 'Grant', ownedGrants, (grantId) => ({ grantId })),
  declineLicense: actOn('declineLicense', 'Grant', ownedGrants, (grantId) => ({ grantId, reason: REASON })),
  revokeGrant: actOn('revokeGrant', 'Grant', ownedGrants, (grantId) => ({ grantId, reason: REASON })),
  suspendGrant: actOn('suspendGrant', 'Grant', ownedGrants, (grantId) => ({ grantId, reason: REASON })),
  resumeGrant: actOn('resumeGrant', 'Grant', ownedGrants, (grantId) => ({ grantId })),
  issueCertificate: actOn('issueCertificate', 'Grant', ownedGrants, (grantId) => ({ grantId }), {
    selection: 'id url jwt',
  }),
  createLease: actOn('createLease', 'Grant', ownedGrants, (grantId) => ({ grantId }), {
    selection: 'lease { id } files { url }',
  }),
  topUpBalance: actOn(
    'topUpBalance',
    'slug',
    () => ['victim'],
    (organizationSlug) => ({
      organizationSlug,
      amountMinor: 1,
      currency: 'CNY',
      reference: 'x',
      idempotencyKey: 'top-up-of-the-victim',
    }),
    OPERATOR_ONLY,
  ),
  verifyOrganization: actOn(
    'verifyOrganization',
    'Organization',
    ({ victim }) => [victim.organizationId],
    (organizationId) => ({ organizationId }),
    OPERATOR_ONLY,
  ),

  unverifyOrganization: actOn(
    'unverifyOrganization',
    'Organization',
    ({ seller }) => [seller.organizationId],
    (organizationId) => ({ organizationId, reason: REASON }),
    OPERATOR_ONLY,
  ),

  createApiKey: async (tenants, stranger) => {
    const query = 'mutation($input: CreateApiKeyInput!) { createApiKey(input: $input) { secret } }';
    const wide = await ask(tenants, stranger, query, { input: { label: 'wide', scopes: ['catalog:read', 'admin'] } });
    expect([...CLOSED, 'IDENTITY_SCOPE_TOO_WIDE']).toContain(wide.errors[0]?.extensions.code);
    const own = await ask(tenants, stranger, query, { input: { label: 'own', scopes: ['catalog:read'] } });
    if (stranger.name === 'passer-by') return expect(own.errors[0]?.extensions.code).toBe('REQUEST_UNAUTHENTICATED');
    const { viewer } = await tenants.market.must(
      '{ viewer { organization { slug } } }',
      {},
      own.data.createApiKey.secret,
    );
    expect(viewer.organization.slug).toBe(stranger.name);
  },
  revokeApiKey: actOn(
    'revokeApiKey',
    'ApiKey',
    ({ things }) => [things.apiKeyId],
    (keyId) => ({ keyId }),
  ),
  createOrganization: async (tenants, stranger) => {
    // Names of organizations are public, as they stand in every slug; a taken one is not joined.
    const query = 'mutation($input: CreateOrganizationInput!) { createOrganization(input: $input) { id } }';
    const { errors } = await ask(tenants, stranger, query, { input: { slug: 'victim', name: 'Victim' } });
    expect([...CLOSED, 'IDENTITY_SLUG_TAKEN']).toContain(errors[0]?.extensions.code);
  },
  signUp: async (tenants, stranger) => {
    // That an address has an account can be learned here, at the pace that the limit on sign-ups leaves.
    const query = 'mutation($input: SignUpInput!) { signUp(input: $input) { accessToken } }';
    const input = { email: tenants.victim.email, name: 'V', password: 'a password of the stranger' };
    const organization = { slug: `of-${stranger.name}`, name: 'Mine' };
    const { errors } = await ask(tenants, stranger, query, { input: { ...input, organization } });
    expect(errors[0]?.extensions.code).toBe('IDENTITY_EMAIL_TAKEN');
    const old = await ask(tenants, stranger, SIGN_IN, { input: { email: input.email, password: input.password } });
    expect(old.errors[0]?.extensions.code).toBe('IDENTITY_WRONG_CREDENTIALS');
  },
  signIn: async (tenants, stranger) => {
    const guess = async (email: string): Promise<string> =>
      faceless(await ask(tenants, stranger, SIGN_IN, { input: { email, password: 'a good guess' } }), email);
    expect(await guess(tenants.victim.email)).toBe(await guess('nobody@example.test'));
    if (stranger.name === 'passer-by') return;
    const { email, password } = tenants[stranger.name];
    const into = async (organization: string): Promise<string> => {
      const answer = await ask(tenants, stranger, SIGN_IN, { input: { email, password, organization } });
      expect(answer.errors).toHaveLength(1);
      return faceless(answer, organization);
    };
    expect(await into('victim')).toBe(await into('no-such-organization'));
  },
  refreshSession: async (tenants, stranger) => {
    // Neither the session's id nor what the database keeps of a token opens it.
    const database = await tenants.storedRefreshTokens();
    const query = 'mutation($input: RefreshSessionInput!) { refreshSession(input: $input) { accessToken } }';
    for (const real of [tenants.things.sessionId, ...database]) {
      const answer = await ask(tenants, stranger, query, { input: { refreshToken: real } });
      expect(answer.errors[0]?.extensions.code).toBe('IDENTITY_SESSION_ENDED');
    }
  },
  signOut: async (tenants, stranger) => {
    await ask(tenants, stranger, 'mutation { signOut }');
    const { viewer } = await tenants.market.must('{ viewer { user { id } } }', {}, tenants.session.accessToken);
    expect(viewer.user.id).toBe(tenants.things.userId);
  },
};
