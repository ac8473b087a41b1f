import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { INestApplicationContext } from '@nestjs/common';
import { AuditModule } from '@app/audit';
import { CatalogModule, EpisodeQueries } from '@app/catalog';
import type { EpisodeFact } from '@app/formats';
import { JobsModule } from '@app/jobs';
import { newId, systemContext } from '@app/kernel';
import { StorageModule } from '@app/storage';
import { VersionChangesQueries } from '../../../libs/catalog/src/changes/version-changes.queries.js';
import { openApplication } from '../../support/application.js';
import { createTestDatabase } from '../../support/database.js';
import type { TestDatabase } from '../../support/database.js';

const ctx = systemContext('test');
/** Nothing here touches the store. */
const NO_STORE = { S3_ENDPOINT: 'http://127.0.0.1:9', S3_ACCESS_KEY_ID: 'nobody', S3_SECRET_ACCESS_KEY: 'none-at-all' };

interface Recorded {
  readonly key: string;
  readonly hash: string;
}

/** What a careful person would say, worked out without a database. */
function oracle(before: readonly Recorded[], after: readonly Recorded[]) {
  const left = new Map<string, number[]>();
  before.forEach(({ hash }, index) => left.set(hash, [...(left.get(hash) ?? []), index]));
  const gone = new Set(before.keys());
  const come: number[] = [];
  let unchanged = 0;
  let renumbered = 0;
  after.forEach(({ hash }, index) => {
    const twin = left.get(hash)?.shift();
    if (twin === undefined) come.push(index);
    else {
      gone.delete(twin);
      if (twin === index) unchanged += 1;
      else renumbered += 1;
    }
  });
  const goneKeys = new Map([...gone].map((index) => [before[index]?.key, index]));
  const changed = come.filter((index) => goneKeys.has(after[index]?.key));
  return {
    unchanged,
    renumbered,
    changed: changed.length,
    added: come.length - changed.length,
    removed: gone.size - changed.length,
  };
}

const recorded = (version: readonly Recorded[]): EpisodeFact[] =>
  version.map(({ key, hash }, index) => ({
    index,
    sourceKey: key,
    frames: 10 + index,
    durationS: 1,
    tasks: [],
    outcome: null,
    outcomeSource: null,
    stats: {},
    clocks: {},
    motion: null,
    cameraOffsetS: null,
    taskSpans: [],
    startedAt: null,
    contentHash: hash,
    files: [],
  }));

/** Names are unique within a version, as in every source; contents may repeat. */
const aVersion = fc.uniqueArray(
  fc.record({ key: fc.integer({ min: 0, max: 12 }).map((n) => `demo_${n}`), hash: fc.constantFrom(...'abcdefgh') }),
  { selector: ({ key }) => key, maxLength: 10 },
);

describe('what differs between two versions', () => {
  let testDatabase: TestDatabase;
  let app: INestApplicationContext;
  let episodes: EpisodeQueries;
  let changes: VersionChangesQueries;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    app = await openApplication({
      databaseUrl: testDatabase.url,
      modules: [AuditModule, JobsModule, StorageModule, CatalogModule],
      environment: NO_STORE,
    });
    episodes = app.get(EpisodeQueries);
    changes = app.get(VersionChangesQueries);
  });

  afterAll(async () => {
    await app?.close();
    await testDatabase?.drop();
  });

  async function put(version: readonly Recorded[]): Promise<string> {
    const id = newId('Version');
    await episodes.add(ctx, id, recorded(version));
    return id;
  }

  it('is what a careful person finds, whatever was added, removed, repeated, swapped or renamed', async () => {
    await fc.assert(
      fc.asyncProperty(aVersion, aVersion, async (before, after) => {
        const [fromId, toId] = [await put(before), await put(after)];

        expect(await changes.liveCounts(ctx, fromId, toId)).toEqual(oracle(before, after));
      }),
      { numRuns: 60 },
    );
  });

  it('lists what differs page by page, in the order of where it stands', async () => {
    const fromId = await put([
      { key: 'demo_0', hash: 'a' },
      { key: 'demo_1', hash: 'b' },
      { key: 'demo_2', hash: 'c' },
    ]);
    const toId = await put([
      { key: 'demo_0', hash: 'a' },
      { key: 'demo_2', hash: 'x' },
      { key: 'demo_3', hash: 'y' },
    ]);

    const first = await changes.page(ctx, { fromId, toId, isKept: false }, null, { first: 2 });
    const rest = await changes.page(ctx, { fromId, toId, isKept: false }, null, { first: 2, after: first.cursors[1] });

    expect([...first.items, ...rest.items]).toEqual([
      { position: 1, kind: 'changed', fromIdx: 2, toIdx: 1, sourceKey: 'demo_2', fromFrames: 12, toFrames: 11 },
      { position: 2, kind: 'removed', fromIdx: 1, toIdx: null, sourceKey: 'demo_1', fromFrames: 11, toFrames: null },
      { position: 3, kind: 'added', fromIdx: null, toIdx: 2, sourceKey: 'demo_3', fromFrames: null, toFrames: 12 },
    ]);
    expect(first.hasNextPage).toBe(true);
    expect(rest.hasNextPage).toBe(false);
  });
});
