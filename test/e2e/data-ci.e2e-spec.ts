import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { measureDataset, readMp4 } from '@app/formats';
import { DiskFileTree, bufferSource } from '../support/file-trees.js';
import { OpenMarket } from '../support/open-market.js';
import type { Party } from '../support/open-market.js';
import { offerOn, orderOf, sampleFolder } from '../support/published-set.js';
import { makeRecording } from '../support/recordings.js';
import type { RecordedEpisode } from '../support/recordings.js';
import { writeRobomimic } from '../support/written/hdf5.js';

// Generous: a set is published twice in one test, on machines that do other things too, and nothing here is about time.
jest.setTimeout(600_000);

/** What a buyer's page asks, in one operation and without signing in. */
const BUYERS_VIEW = `query($slug: String!) { dataset(slug: $slug) { currentVersion {
  label grade format formatVersion
  conformance {
    profile grade explanation isListable
    rules { rule level title { zh en } result value threshold message where { path episode row } }
    findings { code severity message path episode }
    findingCounts { code count }
  }
  samples {
    episode sourceKey frames durationS series
    cameras { camera poster { url width height } sheet { url width height } clip { url width height fps frames durationS } }
  }
  charts facts
} } }`;

const RENDITIONS = `query($slug: String!) { dataset(slug: $slug) { currentVersion { renditions {
  target state commitId loss proof error
} } } }`;

const CHANGES = `query($slug: String!) { dataset(slug: $slug) { currentVersion { label changeNote changes {
  since added removed changed renumbered unchanged
  facts { fact before after } report
  episodes(first: 10) { nodes { kind from to sourceKey framesBefore framesAfter } }
} } } }`;

async function bytesOf(url: string): Promise<Uint8Array> {
  const response = await fetch(url);
  if (response.status !== 200) throw new Error(`${response.status} for ${url.split('?')[0]}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The offset of a top-level box; a player that streams needs `moov` before `mdat`. */
function boxAt(bytes: Uint8Array, type: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + 8 <= bytes.byteLength; at += view.getUint32(at)) {
    if (Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1') === type) return at;
    if (view.getUint32(at) < 8) break;
  }
  return -1;
}

describe('data CI through the front door', () => {
  let market: OpenMarket;
  let provider: Party;
  let buyer: Party;

  beforeAll(async () => {
    market = await OpenMarket.open({ withStandardForms: true });
    provider = await market.party({ isProvider: true }, 'lab');
    buyer = await market.party({ isBuyer: true }, 'startup');
  });

  afterAll(() => market.close());

  async function publish(folder: string, name: string, extra: readonly string[] = []) {
    return market.cli(['publish', folder, '--name', `lab/${name}`, ...extra, '--json'], provider);
  }

  describe('a listing of filmed episodes', () => {
    let version: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- the whole page at once

    beforeAll(async () => {
      const run = await publish(sampleFolder('sorting'), 'sorting');
      expect(run.stderr + run.stdout).toContain('lab/sorting');
      version = (await market.must(BUYERS_VIEW, { slug: 'lab/sorting' })).dataset.currentVersion;
    });

    it('shows the grade and every rule with its evidence', () => {
      const { conformance } = version;

      expect(conformance.profile).toBe('bodega-embodied@2');
      expect(conformance.grade).toBe(version.grade);
      expect(conformance.explanation).not.toBe('');
      expect(conformance.rules).toHaveLength(28);
      for (const rule of conformance.rules) {
        expect(['PASS', 'FAIL', 'NOT_APPLICABLE', 'NOT_CHECKED']).toContain(rule.result);
        expect(rule.title.zh && rule.title.en && rule.threshold && rule.message).toBeTruthy();
        if (rule.result === 'PASS') expect(rule.value).not.toBeNull();
      }
      expect(conformance.rules.filter((rule: { result: string }) => rule.result === 'FAIL')).toEqual([]);
      expect(conformance.findings.filter((one: { severity: string }) => one.severity === 'error')).toEqual([]);
    });

    it('shows three sample episodes that play in any browser', async () => {
      expect(version.samples).toHaveLength(3);
      for (const sample of version.samples) {
        expect(sample.cameras.map((one: { camera: string }) => one.camera).sort()).toEqual([
          'observation.images.front',
          'observation.images.wrist',
        ]);
        for (const { poster, sheet, clip } of sample.cameras) {
          expect((await bytesOf(poster.url)).byteLength).toBeGreaterThan(500);
          expect((await bytesOf(sheet.url)).byteLength).toBeGreaterThan(500);
          const mp4 = await bytesOf(clip.url);
          const video = await readMp4(bufferSource(mp4));
          expect(video).toMatchObject({ codec: 'h264', frames: clip.frames, width: clip.width, height: clip.height });
          expect(clip.fps).toBe(30);
          expect(video.fps).toBeCloseTo(30, 6);
          expect(boxAt(mp4, 'moov')).toBeLessThan(boxAt(mp4, 'mdat'));
        }
        const keys = sample.series.signals.map((signal: { key: string }) => signal.key);
        expect(keys).toEqual(expect.arrayContaining(['action', 'observation.state']));
      }
    });

    it('shows coverage and distributions as data', () => {
      const { coverage, quality } = version.facts.measured;

      expect(coverage.tasks.length).toBeGreaterThan(0);
      const { success, failure, unknown } = coverage.outcomes;
      expect(success + failure + unknown).toBe(version.facts.measured.episodes);
      expect(quality.durationS.count).toBe(version.facts.measured.episodes);
      expect(version.charts.outcomes).toBeDefined();
      expect(version.charts.histograms.length + Object.keys(version.charts.quantiles).length).toBeGreaterThan(0);
    });

    it('serves the report as one document', async () => {
      const response = await fetch(`${market.url}/datasets/lab/sorting/versions/v1/report.json`);
      const report = (await response.json()) as { rules: unknown[]; grade: string; commit: string };

      expect(response.status).toBe(200);
      expect(report).toMatchObject({ dataset: 'lab/sorting', version: 'v1', grade: version.grade });
      expect(report.rules).toHaveLength(28);
      expect(report.commit).toMatch(/^[0-9a-f]{40}$/);
    });

    it('shows no picture once the operator has suspended the dataset', async () => {
      const admin = await market.party({ isOperator: true }, 'operator');
      const run = await publish(sampleFolder('grasping'), 'grasping');
      expect(run.code).toBe(0);
      await market.must(
        'mutation($input: DatasetReasonInput!) { suspendDataset(input: $input) { dataset { status } } }',
        { input: { slug: 'lab/grasping', reason: 'a complaint is being looked into' } },
        admin.apiKey,
      );

      const { data, errors } = await market.ask(BUYERS_VIEW, { slug: 'lab/grasping' }, buyer.apiKey);

      expect(data?.dataset?.currentVersion?.samples ?? []).toEqual([]);
      expect(errors.map((error) => error.extensions.code)).toEqual(['REQUEST_NOT_FOUND']);
    });
  });

  describe('a set that is corrected', () => {
    const [first, second, third, fourth] = makeRecording({ episodes: 4, frames: 40, fps: 20 }) as [
      RecordedEpisode,
      RecordedEpisode,
      RecordedEpisode,
      RecordedEpisode,
    ];
    let folder: string;

    beforeAll(async () => {
      folder = join(market.folder, 'robomimic');
      await mkdir(folder, { recursive: true });
    });

    async function write(episodes: readonly RecordedEpisode[]): Promise<void> {
      await rm(join(folder, 'lift.hdf5'), { force: true });
      await writeFile(join(folder, 'lift.hdf5'), await writeRobomimic(episodes));
    }

    it('says episode by episode what differs, and what the report says differently', async () => {
      await write([first, second, third]);
      const released = await publish(folder, 'lift');
      expect(released.json).toMatchObject({ version: 'v1', facts: { episodes: 3 } });
      await write([first, fourth, third]);
      const corrected = await publish(folder, 'lift', ['--note', 'demo_1 was recorded anew']);
      expect(corrected.json).toMatchObject({ version: 'v2', facts: { episodes: 3 } });

      const { changes, changeNote } = (await market.must(CHANGES, { slug: 'lab/lift' })).dataset.currentVersion;

      expect(changeNote).toBe('demo_1 was recorded anew');
      expect(changes).toMatchObject({ since: 'v1', added: 0, removed: 0, changed: 1, renumbered: 0, unchanged: 2 });
      expect(changes.episodes.nodes).toEqual([
        {
          kind: 'CHANGED',
          from: 1,
          to: 1,
          sourceKey: 'demo_1',
          framesBefore: second.frames,
          framesAfter: fourth.frames,
        },
      ]);
      expect(changes.report).toMatchObject({ isOtherProfile: false, worsened: [], notComparable: [] });
    });

    it('can be taken as LeRobot under the same licence, every byte of it accounted for', async () => {
      const offerId = await offerOn(market, provider, 'lab/lift', { template: 'MIT' });
      await orderOf(market, buyer, offerId);
      const forms = await market.eventually(
        async () => {
          const { dataset } = await market.must(RENDITIONS, { slug: 'lab/lift' });
          const { renditions } = dataset.currentVersion;
          const isDone =
            renditions.length === 2 &&
            renditions.every((one: { state: string }) => one.state !== 'QUEUED' && one.state !== 'MAKING');
          return isDone ? renditions : null;
        },
        'the standard forms',
        300_000,
      );
      expect(forms.map(({ target, state, error }: Record<string, string>) => ({ target, state, error }))).toEqual([
        { target: 'LEROBOT_V3_0', state: 'READY', error: null },
        { target: 'LEROBOT_V2_1', state: 'READY', error: null },
      ]);
      expect(forms[0].loss).toMatchObject({ target: 'lerobot_v3.0', lossless: false });
      expect(forms[0].proof).toMatchObject({ episodes: { source: 3, rendition: 3 } });

      const to = join(market.folder, 'as-lerobot');
      const pulled = await market.cli(['pull', 'lab/lift', '--as', 'lerobot_v3.0', '--to', to, '--json'], buyer);

      expect(pulled.stderr).not.toContain('Error');
      expect(pulled.json).toMatchObject({ commit: forms[0].commitId, form: 'lerobot_v3.0', verified: true });
      const verified = await market.cli(['verify', to, '--json'], buyer);
      expect(verified.code).toBe(0);
      const tree = await DiskFileTree.of(to);
      const measure = await measureDataset(tree, { onEpisode: () => undefined });
      await tree.close();
      expect(measure).toMatchObject({ format: 'lerobot', formatVersion: 'v3.0', episodes: 3 });
      expect(measure.findings.filter((finding) => finding.severity === 'error')).toEqual([]);
      const usage = await market.eventually(async () => {
        const { usage } = await market.must(
          'query { usage { issuedBytes servedBytes unexplainedBytes } }',
          {},
          buyer.apiKey,
        );
        return usage.servedBytes >= pulled.json.bytes ? usage : null;
      }, 'the account of the served bytes');
      expect(usage).toMatchObject({ servedBytes: pulled.json.receivedBytes, unexplainedBytes: 0 });
    });

    it('tells the holder of a recalled version why', async () => {
      const offerId = await offerOn(market, provider, 'lab/lift', { template: 'CC-BY-4.0' });
      const { grantId } = await orderOf(market, buyer, offerId);
      const { dataset } = await market.must('query { dataset(slug: "lab/lift") { currentVersion { id } } }');
      await market.must(
        'mutation($input: RecallVersionInput!) { recallVersion(input: $input) { version { status } } }',
        { input: { versionId: dataset.currentVersion.id, reason: 'the gripper channel was inverted' } },
        provider.apiKey,
      );

      const { grants } = await market.must(
        'query { grants(filter: { isRecalled: true }) { nodes { id recallReason recalledAt } } }',
        {},
        buyer.apiKey,
      );

      expect(grants.nodes).toContainEqual({
        id: grantId,
        recallReason: 'the gripper channel was inverted',
        recalledAt: expect.any(String),
      });
    });
  });
});
