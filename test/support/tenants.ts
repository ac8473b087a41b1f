import { ContributorRegister, contributorLinks } from '@app/catalog';
import { Database } from '@app/database';
import { newId, systemContext } from '@app/kernel';
import { OpenMarket } from './open-market.js';
import type { Party } from './open-market.js';
import { leaseOf, offerOn, orderOf, publishFolder, sampleFolder } from './published-set.js';
import type { PublishedSet } from './published-set.js';

const SIGN_IN = `mutation($input: SignInInput!) {
  signIn(input: $input) { accessToken refreshToken viewer { user { id } } }
}`;

export interface OpenSession {
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Ids of what belongs to the seller or the victim and to nobody else. */
export interface PrivateThings {
  /** The draft dataset whose version is measured but not released. */
  readonly draft: PublishedSet;
  readonly draftOfferId: string;
  readonly draftApprovalOfferId: string;
  /** On the listed dataset, made to the victim alone. */
  readonly privateOfferId: string;
  /** A further version of the listed dataset that is still uploading. */
  readonly uploadingVersionId: string;
  readonly uploadingPath: string;
  readonly grantId: string;
  readonly orderId: string;
  readonly requestedGrantId: string;
  readonly leaseId: string;
  readonly apiKeyId: string;
  readonly sessionId: string;
  readonly userId: string;
  readonly idempotencyKey: string;
  /** A contributor of the seller who withdrew consent, and the notice that the victim got of it. */
  readonly pseudonym: string;
  readonly withdrawalId: string;
  readonly noticeId: string;
  readonly noticedGrantId: string;
}

/**
 * A market in which a seller and a victim (its buyer) have one of everything, a rival who may sell and buy has something
 * of its own, and an outsider only buys.
 */
export class Tenants {
  private constructor(
    readonly market: OpenMarket,
    readonly admin: Party,
    readonly seller: Party,
    readonly victim: Party,
    readonly rival: Party,
    readonly outsider: Party,
    readonly listed: PublishedSet,
    readonly offers: { readonly free: string; readonly priced: string; readonly approval: string },
    readonly session: OpenSession,
    readonly things: PrivateThings,
    readonly rivalGrantId: string,
  ) {}

  static async settle(): Promise<Tenants> {
    const market = await OpenMarket.open();
    const admin = await market.party({ isOperator: true }, 'operator');
    const seller = await market.party({ isProvider: true, isBuyer: true }, 'seller');
    const victim = await market.party({ isBuyer: true }, 'victim');
    const rival = await market.party({ isProvider: true, isBuyer: true }, 'rival');
    const outsider = await market.party({ isBuyer: true }, 'outsider');
    const grasping = sampleFolder('grasping');
    const listed = await publishFolder(market, seller, { folder: grasping, name: 'shelf' });
    const free = await offerOn(market, seller, listed.slug);
    const priced = await offerOn(market, seller, listed.slug, { priceMinor: 5_000, currency: 'CNY' });
    const approval = await offerOn(market, seller, listed.slug, { needsApproval: true });
    const draft = await measuredDraft(market, seller);

    await market.must(
      'mutation($input: TopUpBalanceInput!) { topUpBalance(input: $input) { spendableMinor } }',
      {
        input: {
          organizationSlug: 'victim',
          amountMinor: 123_457,
          currency: 'CNY',
          reference: 'a transfer',
          idempotencyKey: 'top-up-of-the-victim',
        },
      },
      admin.apiKey,
    );
    const idempotencyKey = 'the-key-of-the-victim';
    const { orderId, grantId } = await orderOf(market, victim, priced, idempotencyKey);
    const { requestLicense } = await market.must(
      'mutation($input: RequestLicenseInput!) { requestLicense(input: $input) { id } }',
      { input: { offerId: approval, acceptTerms: true, note: 'between the two of us' } },
      victim.apiKey,
    );
    const { leaseId } = await leaseOf(market, victim, grantId);
    const { signIn } = await market.must(SIGN_IN, { input: { email: victim.email, password: victim.password } });
    const uploadingPath = 'data/chunk-000/not-yet-released.parquet';
    const { beginUpload } = await market.must(
      'mutation($input: BeginUploadInput!) { beginUpload(input: $input) { version { id } } }',
      { input: { slug: listed.slug, files: [{ path: uploadingPath, sizeBytes: 10 }] } },
      seller.apiKey,
    );
    const { apiKeys } = await market.must('{ apiKeys { nodes { id } } }', {}, victim.apiKey);
    const [session] = await market.api
      .get(Database)
      .query<{ id: string }>(
        systemContext('test'),
        'select id from sessions where user_id = $1 order by id desc limit 1',
        [signIn.viewer.user.id],
      );
    const tenants = new Tenants(
      market,
      admin,
      seller,
      victim,
      rival,
      outsider,
      listed,
      { free, priced, approval },
      signIn,
      {
        draft,
        draftOfferId: await offerOn(market, seller, draft.slug),
        draftApprovalOfferId: await offerOn(market, seller, draft.slug, { needsApproval: true }),
        privateOfferId: await offerOn(market, seller, listed.slug, {
          priceMinor: 77_777,
          currency: 'CNY',
          audience: ['victim'],
        }),
        uploadingVersionId: beginUpload.version.id,
        uploadingPath,
        grantId,
        orderId,
        requestedGrantId: requestLicense.id,
        leaseId,
        apiKeyId: apiKeys.nodes[0].id,
        sessionId: session?.id ?? '',
        userId: signIn.viewer.user.id,
        idempotencyKey,
        ...(await withdrawnConsent(market, seller, victim)),
      },
      (await orderOf(market, rival, free)).grantId,
    );
    // Previews and standard forms are still being made of what was published.
    await market.idle();
    return tenants;
  }

  /** Texts that no answer to a stranger may hold. */
  secrets(): string[] {
    const { draft, ...ids } = this.things;
    return [
      draft.slug,
      draft.datasetId,
      draft.versionId,
      // What is left of the victim's money.
      ':118457',
      'between the two of us',
      this.victim.email,
      this.victim.organizationId,
      ...Object.values(ids),
    ];
  }

  /** What the database keeps of the victim's refresh tokens. */
  async storedRefreshTokens(): Promise<string[]> {
    const rows = await this.market.api
      .get(Database)
      .query<{ hash: string }>(
        systemContext('test'),
        'select secret_sha256 as hash from refresh_tokens where session_id = $1',
        [this.things.sessionId],
      );
    return rows.map((row) => row.hash);
  }

  /**
   * Everything that the database holds of the seller and the victim, row by row. Rows in which a stranger has a part are
   * that stranger's own deeds, and when somebody was last seen is no state.
   */
  async stateOfOthers(): Promise<string[]> {
    const database = this.market.api.get(Database);
    const system = systemContext('test');
    const tables = await database.query<{ name: string }>(
      system,
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = 'public' and c.relkind in ('r', 'p') and not c.relispartition
          and c.relname !~ '^(audit_|usage_|log_|unexplained_|rate_)' order by 1`,
    );
    const strangers = [this.rival, this.outsider].map((party) => `%${party.organizationId}%`);
    const mine = [
      this.seller.organizationId,
      this.victim.organizationId,
      this.listed.datasetId,
      this.listed.versionId,
      this.things.draft.datasetId,
      this.things.draft.versionId,
      this.things.uploadingVersionId,
      this.things.grantId,
      this.things.requestedGrantId,
      this.things.orderId,
      this.things.userId,
      this.things.sessionId,
    ].map((id) => `%${id}%`);
    const one = ({ name }: { name: string }): string =>
      `select '${name} ' || row as row from (select (to_jsonb(t) - 'last_used_at')::text as row from "${name}" t) as rows
        where row like any($1) and not row like any($2)`;
    const rows = await database.query<{ row: string }>(system, `${tables.map(one).join(' union all ')} order by 1`, [
      mine,
      strangers,
    ]);
    return rows.map(({ row }) => row);
  }
}

/** A dataset whose only version has its report, and waits for its provider to release it. */
async function measuredDraft(market: OpenMarket, seller: Party): Promise<PublishedSet> {
  const draft = await publishFolder(market, seller, {
    folder: sampleFolder('grasping'),
    name: 'unreleased',
    extra: ['--submit-only'],
  });
  await market.eventually(async () => {
    const { node } = await market.must(
      'query($id: ID!) { node(id: $id) { ... on Version { status } } }',
      { id: draft.versionId },
      seller.apiKey,
    );
    return node.status === 'READY';
  }, 'measuring the draft');
  return draft;
}

const PSEUDONYM = 'a-contributor-of-the-seller';

/** A dataset that the victim holds, whose contributor withdrew consent; it has left the shelf since. */
async function withdrawnConsent(
  market: OpenMarket,
  seller: Party,
  victim: Party,
): Promise<Pick<PrivateThings, 'pseudonym' | 'withdrawalId' | 'noticeId' | 'noticedGrantId'>> {
  const slug = `${seller.slug}/of-a-person`;
  const { createDataset } = await market.must(
    'mutation($input: CreateDatasetInput!) { createDataset(input: $input) { dataset { id } } }',
    { input: { name: slug } },
    seller.apiKey,
  );
  const versionId = newId('Version');
  const system = systemContext('test');
  const database = market.api.get(Database);
  // Its version is written as the ingest worker leaves it, since no bytes are needed here.
  await database.query(
    system,
    `insert into dataset_versions (id, dataset_id, number, label, status, commit_id, merkle_root, episodes, duration_s, created_by, created_at, published_at)
     values ($1, $2, 1, 'v1', 'published', repeat('0', 40), repeat('0', 64), 4, 40, 'test', now(), now())`,
    [versionId, createDataset.dataset.id],
  );
  await database.query(
    system,
    `update datasets set status = 'listed', current_version_id = $2, episodes = 4, duration_s = 40, published_at = now() where id = $1`,
    [createDataset.dataset.id, versionId],
  );
  const { links } = contributorLinks({ contributors: [{ pseudonym: PSEUDONYM, episodes: [[0, 3]] }] }, [], 4);
  await market.api.get(ContributorRegister).keep(system, seller.organizationId, versionId, links);
  const { grantId } = await orderOf(market, victim, await offerOn(market, seller, slug));
  const { withdrawConsent } = await market.must(
    'mutation($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { id } }',
    { input: { pseudonym: PSEUDONYM, reason: 'the person asked for it', idempotencyKey: 'a-key-of-the-seller' } },
    seller.apiKey,
  );
  await market.must(
    'mutation($input: DatasetReasonInput!) { withdrawDataset(input: $input) { dataset { id } } }',
    { input: { slug, reason: 'nothing of it may be sold' } },
    seller.apiKey,
  );
  let noticeId = '';
  await market.eventually(async () => {
    const { notices } = await market.must('{ notices(first: 1) { nodes { id } } }', {}, victim.apiKey);
    noticeId = notices.nodes[0]?.id ?? '';
    return noticeId !== '';
  }, 'telling the victim');
  return { pseudonym: PSEUDONYM, withdrawalId: withdrawConsent.id, noticeId, noticedGrantId: grantId };
}
