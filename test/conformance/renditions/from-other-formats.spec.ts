import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { findFfmpeg, runTool } from '@app/cages';
import { RenditionRefused } from '../../../libs/renditions/src/rendition-target.js';
import { makeRecording } from '../../support/recordings.js';
import { measure } from '../lerobot/measuring.js';
import { fakeSource } from './fake-source.js';
import { readJson, readTable } from './loaders.js';
import { Workshop } from './making.js';
import { expectV21, expectV30 } from './to-the-letter.js';

const recording = makeRecording({ episodes: 3, frames: 30 });
const workshop = new Workshop();
afterAll(() => workshop.clean());

describe('a source that is not LeRobot', () => {
  it('becomes v3.0 to the letter, its numbers unchanged', async () => {
    const made = await workshop.ofSource(fakeSource(recording), 'lerobot_v3.0');

    await expectV30(made);
    const rows = await readTable(made, 'data/chunk-000/file-000.parquet');
    const states = rows.map((row) => row['observation.state'] as number[]);
    expect(states.flat()).toEqual(recording.flatMap((episode) => [...episode.state]));
    expect(rows.flatMap((row) => row.action)).toEqual(recording.flatMap((episode) => [...episode.action]));
    expect((await measure(made.tree)).episodes.map((e) => [e.frames, e.tasks, e.outcome])).toEqual(
      recording.map((episode) => [episode.frames, [episode.task], episode.outcome]),
    );
  });

  it('becomes v2.1 to the letter', async () => {
    const made = await workshop.ofSource(fakeSource(recording), 'lerobot_v2.1');

    await expectV21(made);
    expect((await measure(made.tree)).episodes.map((e) => e.outcome)).toEqual(recording.map((e) => e.outcome));
  });

  it('says which stream became what, and that pictures were encoded', async () => {
    const { loss } = await workshop.ofSource(fakeSource(recording, { isOutcomeSaid: false }), 'lerobot_v3.0');

    expect(loss.lossless).toBe(false);
    expect(loss.mapping).toEqual([
      { from: '/joints/position', to: 'observation.state', channels: [0, 7] },
      { from: '/command', to: 'action', channels: [0, 7] },
      { from: 'cam/top', to: 'observation.images.top' },
      { from: 'cam/wrist', to: 'observation.images.wrist' },
    ]);
    expect(loss.losses.map(({ what, stream, episodes }) => ({ what, stream, episodes }))).toEqual([
      { what: 'pictures_encoded', stream: 'cam/top', episodes: 3 },
      { what: 'pictures_encoded', stream: 'cam/wrist', episodes: 3 },
    ]);
  });

  it('invents no outcome', async () => {
    const made = await workshop.ofSource(fakeSource(recording, { isOutcomeSaid: false }), 'lerobot_v3.0');

    expect(Object.keys((await readJson(made, 'meta/info.json')).features as object)).not.toContain('next.success');
    expect((await measure(made.tree)).episodes.map((e) => e.outcome)).toEqual([null, null, null]);
  });

  it('keeps sub-tasks as the task of each frame', async () => {
    const made = await workshop.ofSource(fakeSource(recording, { subtask: 'let go' }), 'lerobot_v3.0');

    const tasks = (await readTable(made, 'meta/tasks.parquet')).map((row) => row.task);
    const rows = await readTable(made, 'data/chunk-000/file-000.parquet');
    const first = rows.slice(0, 30).map((row) => tasks[Number(row.task_index)]);
    expect(first).toEqual([...Array(15).fill(recording[0]?.task), ...Array(15).fill('let go')]);
  });

  it('shows the pictures that it had: decoded, each is closest to its own source', async () => {
    const encode = (rgb: Uint8Array, width: number, height: number): Promise<Uint8Array> =>
      sharp(rgb, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
    const made = await workshop.ofSource(fakeSource(recording.slice(0, 1), { encode }), 'lerobot_v3.0');

    const frames = await workshop.decode(made, 'videos/observation.images.top/chunk-000/file-000.mp4', 64, 48);
    const sources = recording[0]?.images.top ?? [];
    expect(frames).toHaveLength(sources.length);
    for (const [k, frame] of frames.entries()) expect(meanDifference(frame, sources[k] ?? frame)).toBeLessThan(6);
    expect(meanDifference(frames[2] ?? Buffer.alloc(0), sources[25] ?? Buffer.alloc(0))).toBeGreaterThan(6);
  });

  it('shows pictures that come as JPEG XL, where ffmpeg knows them', async () => {
    const [episode] = recording;
    const ffmpeg = await findFfmpeg();
    const size = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', '64x48', '-i', 'pipe:0'];
    const encode = async (rgb: Uint8Array): Promise<Uint8Array> => {
      const args = ['-v', 'error', ...size, '-c:v', 'libjxl', '-f', 'image2pipe', 'pipe:1'];
      const stdin = (async function* () {
        yield rgb;
      })();
      const { code, stdout } = await runTool(ffmpeg?.path ?? 'ffmpeg', args, { wallMs: 30_000, stdin });
      return code === 0 ? stdout : new Uint8Array(0);
    };
    const coded = await Promise.all((episode?.images.top ?? []).slice(0, 3).map(encode));
    let next = 0;
    const source = fakeSource(recording.slice(0, 1), {
      change: (item) =>
        item.kind !== 'image' || item.camera !== 'cam/top'
          ? item
          : { ...item, encoding: 'jxl', bytes: coded[Math.floor(next++ / 10) % 3] ?? item.bytes },
    });
    const making = workshop.ofSource({ ...source, episodes: () => ((next = 0), source.episodes()) }, 'lerobot_v3.0');
    if (coded.some((bytes) => bytes.length === 0)) return expect(making).rejects.toThrow(/cannot be decoded/);

    const frames = await workshop.decode(await making, 'videos/observation.images.top/chunk-000/file-000.mp4', 64, 48);
    expect(frames).toHaveLength(30);
    for (const [k, frame] of frames.entries())
      expect(meanDifference(frame, episode?.images.top?.[Math.floor(k / 10)] ?? frame)).toBeLessThan(6);
  });

  it('keeps 16-bit depth number by number', async () => {
    const made = await workshop.ofSource(fakeSource(recording.slice(0, 1), { hasDepth: true }), 'lerobot_v3.0');

    const rows = await readTable(made, 'data/chunk-000/file-000.parquet', false);
    const cell = rows[3]?.['observation.images.depth'] as { bytes: Uint8Array };
    const { data } = await sharp(cell.bytes)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const depth = new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2);
    expect([...depth.subarray(0, 3), depth[64 * 47 + 63]]).toEqual([321, 322, 323, 321 + 63]);
    const { features } = (await readJson(made, 'meta/info.json')) as { features: Record<string, object> };
    expect(features['observation.images.depth']).toMatchObject({
      dtype: 'image',
      shape: [48, 64, 1],
      info: { is_depth_map: true, depth_unit: 'mm' },
    });
    expect((await measure(made.tree)).set.cameras.find((camera) => camera.name === 'depth')?.kind).toBe('depth');
  });

  it('has odd sizes widened to even ones', async () => {
    const odd = makeRecording({ episodes: 1, frames: 12, width: 33, height: 25, cameras: ['top'] });
    const made = await workshop.ofSource(fakeSource(odd), 'lerobot_v3.0');

    await expectV30(made);
    const { features } = (await readJson(made, 'meta/info.json')) as { features: Record<string, { shape?: number[] }> };
    expect(features['observation.images.top']?.shape).toEqual([26, 34, 3]);
  });

  it('gives the same bytes twice', async () => {
    const [a, b] = [
      await workshop.ofSource(fakeSource(recording), 'lerobot_v3.0'),
      await workshop.ofSource(fakeSource(recording), 'lerobot_v3.0'),
    ];

    expect(a.files).toEqual(b.files);
  });
});

describe('a source with clocks of its own', () => {
  it('stands on a regular grid: a jittering camera keeps every picture, signals take their latest row', async () => {
    const source = fakeSource(recording, { clock: 'own', signalHz: 100, jitterS: 0.008 });
    const made = await workshop.ofSource(source, 'lerobot_v3.0');

    await expectV30(made);
    const { episodes } = await measure(made.tree);
    expect(episodes.map((e) => e.frames)).toEqual(recording.map((e) => e.frames));
    const resampled = new Map(made.loss.losses.filter((l) => l.what === 'resampled').map((l) => [l.stream, l.figures]));
    expect(resampled.get('cam/top')).toMatchObject({ samplesDropped: 0, framesRepeated: 0, worstAgeS: 0 });
    expect(resampled.get('cam/top')?.worstShiftS).toBeGreaterThan(0.004);
    expect(resampled.get('cam/top')?.worstShiftS).toBeLessThanOrEqual(0.008);
    expect(resampled.get('/joints/position')?.worstAgeS).toBeLessThan(0.013);
    expect(resampled.get('/joints/position')?.samplesDropped).toBeGreaterThan(100);
    for (const [e, episode] of recording.entries()) {
      const ours = episodes[e]?.stats['observation.state'];
      for (let c = 0; c < 7; c += 1) {
        const channel = episode.state.filter((_, i) => i % 7 === c);
        expect(Math.abs((ours?.max[c] ?? 0) - Math.max(...channel))).toBeLessThan(0.1);
      }
    }
  });

  it('measures the rate where nobody declares it', async () => {
    const source = fakeSource(recording, { clock: 'own', signalHz: 100, jitterS: 0.001, isRateDeclared: false });
    const made = await workshop.ofSource(source, 'lerobot_v3.0');

    expect((await readJson(made, 'meta/info.json')).fps).toBe(30);
  });

  it('repeats a picture where the camera had a gap, and says so', async () => {
    let seen = 0;
    const change: Parameters<typeof fakeSource>[1] = {
      clock: 'own',
      change: (item) => (item.kind === 'image' && item.camera === 'cam/wrist' && seen++ % 10 === 5 ? null : item),
    };
    const made = await workshop.ofSource(fakeSource(recording.slice(0, 1), change), 'lerobot_v3.0');

    await expectV30(made);
    const loss = made.loss.losses.find((line) => line.what === 'resampled' && line.stream === 'cam/wrist');
    expect(loss?.figures?.framesRepeated).toBe(3);
  });

  it('leaves a stream out that not every episode has', async () => {
    const source = fakeSource(recording, {
      clock: 'own',
      change: (item, episode) => (item.kind === 'rows' && item.key === '/command' && episode === 1 ? null : item),
    });
    const made = await workshop.ofSource(source, 'lerobot_v3.0');

    expect(made.loss.losses).toContainEqual(expect.objectContaining({ what: 'stream_left_out', stream: '/command' }));
    expect(Object.keys((await readJson(made, 'meta/info.json')).features as object)).not.toContain('action');
    await expectV30(made);
  });
});

describe('what LeRobot cannot hold', () => {
  it('refuses an episode whose streams have different numbers of rows', async () => {
    const source = fakeSource(recording, {
      change: (item) =>
        item.kind === 'rows' && item.key === '/command'
          ? { ...item, rows: item.rows - 1, values: item.values.slice(7) }
          : item,
    });

    await expect(workshop.ofSource(source, 'lerobot_v3.0')).rejects.toThrow(RenditionRefused);
  });

  it('refuses an episode whose clock jumped by years', async () => {
    const source = fakeSource(recording.slice(0, 1), {
      clock: 'own',
      change: (item) =>
        item.kind === 'image' && item.timeS !== null && item.timeS > 0.9 ? { ...item, timeS: item.timeS + 1e9 } : item,
    });

    await expect(workshop.ofSource(source, 'lerobot_v3.0')).rejects.toThrow(/its clock jumped/);
  });

  it('refuses a picture that cannot be decoded, and leaves no encoder behind', async () => {
    const source = fakeSource(recording, {
      change: (item) => (item.kind === 'image' ? { ...item, encoding: 'jpeg', bytes: new Uint8Array(50) } : item),
    });

    await expect(workshop.ofSource(source, 'lerobot_v3.0')).rejects.toThrow(/cannot be decoded/);
  });

  it('refuses a set whose rate nobody knows', async () => {
    const source = fakeSource(recording, { isRateDeclared: false });

    await expect(workshop.ofSource(source, 'lerobot_v3.0')).rejects.toThrow(/rate/);
  });
});

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - (b[i] ?? 0)), 0) / a.length;
}
