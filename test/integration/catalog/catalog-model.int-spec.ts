import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Audit, AuditSequencer, LogVerification } from '@app/audit';
import { DatasetQueries, DatasetService, VersionService } from '@app/catalog';
import { Database } from '@app/database';
import { Jobs } from '@app/jobs';
import { Clock, DomainError, commitIdOf } from '@app/kernel';
import fc from 'fast-check';
import { ContributorRegister } from '../../../libs/catalog/src/consent/contributor-register.service.js';
import { EpisodeQueries } from '../../../libs/catalog/src/episodes/episode.queries.js';
import { IngestVersionJob } from '../../../libs/catalog/src/ingest/ingest-version.job.js';
import type { VersionReader } from '../../../libs/catalog/src/ingest/version-reader.service.js';
import { groundsOf } from '../../../libs/catalog/src/reviews/review.rules.js';
import { ReviewService } from '../../../libs/catalog/src/reviews/review.service.js';
import { TitleQueries } from '../../../libs/catalog/src/titles/title.queries.js';
import { FileQueries } from '../../../libs/catalog/src/versions/file.queries.js';
import { explain, whichHold } from '../../support/concurrent-model.js';
import type { Reaction } from '../../support/concurrent-model.js';
import { ANONYMOUS, RightsMarket } from '../../support/rights-market.factory.js';
import type { Party } from '../../support/rights-market.factory.js';

/*
 * The lives of a dataset and of its versions against one model, because each moves the other. No bytes are moved here: a check that
 * fails is the worker's own, given up; one that passes is written as the worker writes it.
 */

type VersionState = 'uploading' | 'validating' | 'rejected' | 'ready' | 'published' | 'superseded' | 'recalled';
type DatasetState = 'draft' | 'in_review' | 'listed' | 'suspended' | 'withdrawn';
const DATASET_NEXT: Readonly<Record<DatasetState, readonly DatasetState[]>> = {
  draft: ['in_review', 'listed', 'withdrawn'],
  in_review: ['listed', 'draft', 'withdrawn'],
  listed: ['suspended', 'withdrawn'],
  suspended: ['listed'],
  withdrawn: ['in_review', 'listed'],
};
const REASON = 'As the model wants it.';
const HEADS = ['basic_information', 'legality', 'tradability'] as const;
type Head = (typeof HEADS)[number];

type Act = 'submit' | 'pass' | 'fail' | 'publish' | 'recall';
type Move = 'withdraw' | 'suspend' | 'resume' | 'approve' | 'conclude' | 'resubmit';
interface OfDataset {
  readonly kind: 'open' | Move;
}
interface OfReview {
  readonly kind: 'decide';
  readonly head: Head;
  readonly verdict: 'pass' | 'refuse';
}
interface OfVersion {
  readonly kind: Act;
  readonly version: number;
}
type Message = OfDataset | OfReview | OfVersion;

interface Model {
  readonly isVerified: boolean;
  readonly status: DatasetState;
  /** Place of the current version. */
  readonly current: number | null;
  readonly versions: readonly VersionState[];
  /** The last decision on each head of the open review; null where none is open. */
  readonly review: Readonly<Partial<Record<Head, 'pass' | 'refuse'>>> | null;
  /** Acts that the log must hold, each once. */
  readonly leaves: readonly string[];
}

const REFUSED = 'CATALOG_TRANSITION_REFUSED';

function done(model: Model, leaf: string | null, change: Partial<Model>): Reaction<Model> {
  const leaves = leaf === null ? model.leaves : [...model.leaves, leaf];
  return { state: { ...model, ...change, leaves }, outcome: 'done' };
}

/** A step of the dataset itself; whatever takes it out of review ends the review. */
function move(model: Model, to: DatasetState, leaf: string): Reaction<Model> {
  if (model.status === to) return { state: model, outcome: 'done' };
  const isAllowed = DATASET_NEXT[model.status].includes(to) && (to !== 'listed' || model.current !== null);
  return isAllowed ? done(endReview(model), leaf, { status: to }) : { state: model, outcome: REFUSED };
}

function endReview(model: Model): Model {
  return model.review === null ? model : { ...model, review: null, leaves: [...model.leaves, 'review.closed'] };
}

function beginReview(model: Model): Model {
  const ended = endReview(model);
  return { ...ended, review: {}, leaves: [...ended.leaves, 'review.opened'] };
}

function react(model: Model, message: Message): Reaction<Model> {
  const answer = (outcome: string): Reaction<Model> => ({ state: model, outcome });
  if ('version' in message) return reactToVersion(model, message);
  if ('head' in message) {
    const { head, verdict } = message;
    if (model.review === null) return answer('CATALOG_REVIEW_NOT_OPEN');
    return done(model, 'review.decided', { review: { ...model.review, [head]: verdict } });
  }
  const verdicts = HEADS.map((head) => model.review?.[head]);
  switch (message.kind) {
    case 'open': {
      const last = model.versions.at(-1);
      if (last === 'validating') return answer('CATALOG_VERSION_OPEN');
      if (last === 'uploading') return answer(`v${model.versions.length}`);
      const state: Model = { ...model, versions: [...model.versions, 'uploading'] };
      return { state, outcome: `v${state.versions.length}` };
    }
    case 'withdraw':
      return move(model, 'withdrawn', 'dataset.withdrawn');
    case 'suspend':
      return move(model, 'suspended', 'dataset.suspended');
    case 'resume':
      return model.status === 'suspended' ? move(model, 'listed', 'dataset.resumed') : answer(REFUSED);
    case 'approve':
      if (model.status === 'draft' || model.status === 'withdrawn') return answer(REFUSED);
      if (model.review && verdicts.some((verdict) => verdict !== 'pass')) return answer('CATALOG_REVIEW_UNDECIDED');
      return move(model, 'listed', 'dataset.approved');
    case 'conclude':
      if (model.review === null) return answer('CATALOG_REVIEW_NOT_OPEN');
      if (verdicts.includes(undefined)) return answer('CATALOG_REVIEW_UNDECIDED');
      return verdicts.includes('refuse')
        ? move(model, 'draft', 'dataset.refused')
        : move(model, 'listed', 'dataset.approved');
    case 'resubmit': {
      if (model.status !== 'draft' || model.current === null) return answer(REFUSED);
      return done(beginReview(model), 'dataset.resubmitted', { status: 'in_review' });
    }
  }
}

function reactToVersion(model: Model, message: OfVersion): Reaction<Model> {
  const answer = (outcome: string): Reaction<Model> => ({ state: model, outcome });
  const { version } = message;
  const state = model.versions[version];
  const become = (to: VersionState): readonly VersionState[] => model.versions.map((v, i) => (i === version ? to : v));
  switch (message.kind) {
    case 'submit':
      if (state === 'validating') return answer('done');
      return state === 'uploading'
        ? done(model, 'version.submitted', { versions: become('validating') })
        : answer(REFUSED);
    case 'pass':
      return state === 'validating' ? done(model, null, { versions: become('ready') }) : answer('done');
    case 'fail':
      return state === 'validating'
        ? done(model, 'version.validated', { versions: become('rejected') })
        : answer('done');
    case 'recall':
      if (state === 'recalled') return answer('done');
      return state === 'published' || state === 'superseded'
        ? done(model, 'version.recalled', { versions: become('recalled') })
        : answer(REFUSED);
    case 'publish': {
      if (state === 'published') return answer('done');
      if (state === 'rejected') return answer('CATALOG_NOT_LISTABLE');
      if (state !== 'ready') return answer(REFUSED);
      const versions = become('published').map((v, i) => (i === model.current && v === 'published' ? 'superseded' : v));
      const isPlaced = model.status === 'listed' || model.status === 'suspended';
      const status = isPlaced ? model.status : model.isVerified ? 'listed' : 'in_review';
      const reviewed = status === 'in_review' ? beginReview(model) : endReview(model);
      return done(reviewed, 'version.published', { versions, current: version, status });
    }
  }
}

class Real {
  /** Ids of versions, oldest first. */
  readonly versions: string[] = [];
  private sent = 0;

  constructor(
    readonly doors: readonly RightsMarket[],
    private readonly jobs: readonly IngestVersionJob[],
    readonly provider: Party,
    private readonly admin: Party,
    readonly dataset: { readonly id: string; readonly slug: string },
  ) {}

  async send(message: Message): Promise<string> {
    const turn = this.sent++ % this.doors.length;
    const [door, job] = [this.doors[turn], this.jobs[turn]];
    if (!door || !job) throw new Error('There is no door.');
    try {
      return (await this.through(door, job, message)) ?? 'done';
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  }

  private async through(door: RightsMarket, job: IngestVersionJob, message: Message): Promise<string | undefined> {
    const datasets = door.get(DatasetService);
    const versions = door.get(VersionService);
    const { slug } = this.dataset;
    if ('version' in message) return this.throughVersion(door, job, message);
    if (message.kind === 'open') return this.open(door, versions);
    if ('head' in message) {
      const { head, verdict } = message;
      const refusal = verdict === 'refuse' ? { ground: groundsOf(head)[0] ?? '', note: REASON } : {};
      return void (await door.get(ReviewService).decideHead(this.admin.ctx, { slug, head, verdict, ...refusal }));
    }
    switch (message.kind) {
      case 'withdraw':
        return void (await datasets.withdrawDataset(this.provider.ctx, slug, REASON));
      case 'resubmit':
        return void (await datasets.resubmitDataset(this.provider.ctx, slug));
      case 'suspend':
        return void (await datasets.suspendDataset(this.admin.ctx, slug, REASON));
      case 'resume':
        return void (await datasets.resumeDataset(this.admin.ctx, slug, REASON));
      case 'approve':
        return void (await datasets.approveDataset(this.admin.ctx, slug));
      case 'conclude':
        return void (await door.get(ReviewService).concludeReview(this.admin.ctx, slug));
    }
  }

  private async throughVersion(door: RightsMarket, job: IngestVersionJob, message: OfVersion): Promise<undefined> {
    const versions = door.get(VersionService);
    const versionId = this.versions[message.version] ?? '';
    switch (message.kind) {
      case 'submit':
        return versions.submitVersion(this.provider.ctx, versionId).then(() => undefined);
      case 'publish':
        return versions.publishVersion(this.provider.ctx, versionId, REASON).then(() => undefined);
      case 'recall':
        return versions.recallVersion(this.provider.ctx, versionId, REASON).then(() => undefined);
      case 'fail':
        return job
          .onJobFailed({ versionId }, { ctx: door.system } as Parameters<IngestVersionJob['onJobFailed']>[1])
          .then(() => undefined);
      case 'pass':
        return this.pass(door, versionId);
    }
  }

  /** A version that takes uploads, with one file uploaded as a finished upload leaves it. */
  private async open(door: RightsMarket, versions: VersionService): Promise<string> {
    const { id, label } = await versions.openForUpload(this.provider.ctx, this.dataset.id);
    this.versions[Number(label.slice(1)) - 1] = id;
    await door.rows(
      `insert into version_files (version_id, path, size_bytes, media_type, role, status, part_size)
       select id, 'data.parquet', 10, 'application/octet-stream', 'data', 'uploaded', 5242880
         from dataset_versions where id = $1 and status = 'uploading' on conflict do nothing`,
      [id],
    );
    return label;
  }

  /** The worker's good verdict, as it is written at the end of a check. */
  private async pass(door: RightsMarket, versionId: string): Promise<undefined> {
    const merkleRoot = versionId
      .slice(3)
      .replaceAll(/[^0-9a-f]/g, '0')
      .padEnd(64, '0');
    const measured = {
      format: 'lerobot',
      formatVersion: 'v3.0',
      modalities: [],
      robotType: null,
      fps: null,
      episodes: 1,
      frames: 1,
      durationS: 1,
      bytes: 10,
    };
    await door.rows(
      `update dataset_versions set status = 'ready', format = 'lerobot', facts = $2, report = $3, merkle_root = $4, commit_id = $5
        where id = $1 and status = 'validating'`,
      [
        versionId,
        JSON.stringify({ measured, declared: {} }),
        JSON.stringify({ isListable: true, grade: 'U', rules: [], findings: [], counts: {} }),
        merkleRoot,
        commitIdOf(merkleRoot),
      ],
    );
  }
}

interface Run {
  /** More than one where the answers so far leave open what came first. */
  models: readonly Model[];
  readonly late: Message[];
}
type Draft = OfDataset | OfReview | { readonly kind: Act; readonly pick: number };
type Command = fc.AsyncCommand<Run, Real>;

function write({ models }: Run, draft: Draft): Message | null {
  if (!('pick' in draft)) return draft;
  // Mostly the newest: the old ones have little left to live.
  const back = draft.pick % 4 === 3 ? draft.pick : 0;
  const length = models[0]?.versions.length ?? 0;
  return length === 0 ? null : { kind: draft.kind, version: length - 1 - (back % length) };
}

async function deliver(run: Run, real: Real, messages: readonly Message[]): Promise<void> {
  const outcomes = await Promise.all(messages.map((message) => real.send(message)));
  run.models = explain(run.models, messages, outcomes, react);
  run.models = await whichHold(run.models, (model) => expectSame(model, real));
}

async function expectSame(model: Model, real: Real): Promise<void> {
  const [market] = real.doors;
  if (!market) return;
  const { id, slug } = real.dataset;
  const versions = await market.rows<{ id: string; status: VersionState }>(
    'select id, status from dataset_versions where dataset_id = $1 order by number',
    [id],
  );
  expect(versions).toEqual(model.versions.map((status, i) => ({ id: real.versions[i], status })));
  expect(versions.filter(({ status }) => status === 'published').length).toBeLessThanOrEqual(1);
  const [dataset] = await market.rows<{ status: DatasetState; current: string | null }>(
    'select status, current_version_id as current from datasets where id = $1',
    [id],
  );
  const current = model.current === null ? null : real.versions[model.current];
  expect(dataset).toEqual({ status: model.status, current });
  // What is not on the shelf is not there for a passer-by.
  const seen = market.get(DatasetQueries).bySlug(ANONYMOUS, slug);
  if (model.status === 'listed') await expect(seen).resolves.toMatchObject({ id });
  else await expect(seen).rejects.toMatchObject({ code: 'REQUEST_NOT_FOUND' });
}

const send = (drafts: readonly Draft[], isDoubled: boolean): Command => ({
  check: () => true,
  async run(run, real) {
    const messages = drafts.flatMap((draft) => write(run, draft) ?? []);
    await deliver(run, real, isDoubled ? [...messages, ...messages.slice(-1)] : messages);
  },
  toString: () => `send(${JSON.stringify(drafts)}${isDoubled ? ', the last twice' : ''})`,
});
const post = (draft: Draft): Command => ({
  check: () => true,
  async run(run) {
    const message = write(run, draft);
    if (message) run.late.push(message, message);
  },
  toString: () => `post(${JSON.stringify(draft)})`,
});
const arrive: Command = {
  check: (run) => run.late.length > 0,
  async run(run, real) {
    for (const message of run.late.splice(0).reverse()) await deliver(run, real, [message]);
  },
  toString: () => 'arrive',
};

describe('the lives of a dataset and its versions', () => {
  let doors: RightsMarket[];
  let jobs: IngestVersionJob[];
  let admin: Party;

  beforeAll(async () => {
    const first = await RightsMarket.open();
    doors = [first, await RightsMarket.open(first.url)];
    // Nothing is read: these checks are given up or decided before.
    const unread = {} as VersionReader;
    jobs = doors.map(
      (door) =>
        new IngestVersionJob(
          door.get(Database),
          door.get(FileQueries),
          door.get(EpisodeQueries),
          unread,
          door.get(ContributorRegister),
          door.get(Jobs),
          door.get(Audit),
          door.get(Clock),
          door.get(TitleQueries),
        ),
    );
    admin = await first.party({ isAdmin: true });
  }, 120_000);

  afterAll(async () => {
    for (const door of [...doors].reverse()) await door.close();
  });

  const act = (kinds: readonly Act[]): fc.Arbitrary<Draft> =>
    fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat({ max: 20 }) });
  const draft: fc.Arbitrary<Draft> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<Draft>({ kind: 'open' }) },
    { weight: 8, arbitrary: act(['submit', 'submit', 'pass', 'pass', 'pass', 'fail', 'publish', 'publish', 'recall']) },
    {
      weight: 4,
      arbitrary: fc
        .constantFrom<Move[]>('withdraw', 'suspend', 'resume', 'approve', 'conclude', 'conclude', 'resubmit')
        .map((kind): Draft => ({ kind })),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('decide' as const),
        head: fc.constantFrom(...HEADS),
        verdict: fc.constantFrom('pass', 'pass', 'refuse'),
      }) as fc.Arbitrary<Draft>,
    },
  );
  const batch = fc
    .tuple(fc.array(draft, { minLength: 1, maxLength: 3 }), fc.boolean())
    .map(([d, twice]) => send(d, twice));
  /** From nothing to the shelf, so that what comes after has something to act on. */
  const release = fc
    .constantFrom<Act[]>('publish', 'recall')
    .map((last) => ['open', 'submit', 'pass', 'publish', last])
    .map((kinds): Command => ({
      check: () => true,
      async run(run, real) {
        for (const kind of kinds) {
          const message = write(run, (kind === 'open' ? { kind } : { kind, pick: 0 }) as Draft);
          if (message) await deliver(run, real, [message]);
        }
      },
      toString: () => `release(${kinds.join(', ')})`,
    }));
  /** All three heads at once, so that reviews come to an end. */
  const look = fc
    .tuple(fc.constantFrom('pass', 'pass', 'refuse'), fc.constantFrom<Move[]>('conclude', 'approve'))
    .map(([verdict, end]): Command => ({
      check: ({ models }) => models.some(({ review }) => review !== null),
      async run(run, real) {
        const decisions = HEADS.map((head, i): OfReview => ({
          kind: 'decide',
          head,
          verdict: i === 0 && verdict === 'refuse' ? verdict : 'pass',
        }));
        await deliver(run, real, decisions);
        await deliver(run, real, [{ kind: end }, { kind: end }]);
      },
      toString: () => `look(${verdict}, ${end})`,
    }));
  const commands = fc.commands(
    [batch, batch, batch, batch, batch, release, look, draft.map(post), fc.constant(arrive)],
    {
      maxCommands: 24,
      size: 'max',
    },
  );

  it('are the lives of the model, whatever comes twice, late or at the same moment', async () => {
    const [market] = doors;
    if (!market) throw new Error('There is no market.');
    let made = 0;
    await fc.assert(
      fc.asyncProperty(commands, fc.boolean(), async (commands, isVerified) => {
        const provider = await market.party({ isProvider: true });
        if (isVerified)
          await market.rows('update organizations set verified_at = now() where id = $1', [provider.organizationId]);
        const slug = `${provider.slug}/model-${++made}`;
        const { id } = await market.get(DatasetService).createDataset(provider.ctx, { name: slug });
        const real = new Real(doors, jobs, provider, admin, { id, slug });
        const model: Model = {
          isVerified,
          status: 'draft',
          current: null,
          versions: [],
          review: null,
          leaves: ['dataset.created'],
        };
        const run: Run = { models: [model], late: [] };
        await fc.asyncModelRun(() => ({ model: run, real }), commands);
        const leaves = await market.rows<{ action: string }>('select action from audit_pending where dataset_id = $1', [
          id,
        ]);
        const told = leaves.map(({ action }) => action).sort();
        await whichHold(run.models, async (model) => expect(told).toEqual([...model.leaves].sort()));
      }),
      { numRuns: 20 },
    );
    await market.get(AuditSequencer).sequenceAll(market.system);
    expect(await market.get(LogVerification).verifyLog(market.system)).toMatchObject({ isIntact: true });
  }, 120_000);
});
