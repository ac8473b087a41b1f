import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ffmpegAt, ffmpegPath, findFfmpeg, runTool } from '@app/cages';
import type { ToolEnd, ToolLimits } from '@app/cages';

describe('runTool', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bodega-tool-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('answers with exit code, output and complaints', async () => {
    const result = await runTool('sh', ['-c', 'cat; echo complaint >&2; exit 3'], {
      wallMs: 10_000,
      stdin: (async function* () {
        yield Buffer.from('in ');
        yield Buffer.from('pieces');
      })(),
    });

    expect({ ...result, stdout: result.stdout.toString() }).toEqual({
      code: 3,
      killedBy: null,
      stdout: 'in pieces',
      stderr: 'complaint\n',
    });
  });

  it('keeps our environment to itself', async () => {
    process.env['BODEGA_TEST_SECRET'] = 'secret';

    const { stdout } = await runTool('env', [], { wallMs: 10_000 });

    delete process.env['BODEGA_TEST_SECRET'];
    expect(stdout.toString()).toMatch(/^PATH=/m);
    expect(stdout.toString()).not.toContain('BODEGA_TEST_SECRET');
  });

  it.each<[ToolEnd, string[], ToolLimits]>([
    ['time', ['sleep', '300'], { wallMs: 300 }],
    ['time', ['sh', '-c', 'trap "" TERM; sleep 300 & wait'], { wallMs: 300 }],
    ['output', ['yes'], { wallMs: 20_000, maxOutputBytes: 100_000 }],
    ['cpu', ['sh', '-c', 'while :; do :; done'], { wallMs: 20_000, cpuS: 1 }],
    ['signal', ['sh', '-c', 'kill -SEGV $$'], { wallMs: 20_000 }],
  ])('ends a tool by %s: %p', async (killedBy, [command = '', ...args], limits) => {
    const started = Date.now();

    const result = await runTool(command, args, limits);

    expect(result).toMatchObject({ code: null, killedBy });
    expect(Date.now() - started).toBeLessThan(15_000);
    expect(result.stdout.length).toBeLessThanOrEqual(limits.maxOutputBytes ?? 0);
  });

  it('keeps memory and files of a tool within their limits', async () => {
    const eat = await runTool(process.execPath, ['-e', 'const a=[];for(;;)a.push(Buffer.alloc(1<<26,1))'], {
      wallMs: 20_000,
      memoryBytes: 1_500_000_000,
    });
    const write = await runTool('dd', ['if=/dev/zero', `of=${join(folder, 'big')}`, 'bs=65536', 'count=1000'], {
      wallMs: 20_000,
      fileBytes: 1_000_000,
    });

    expect(eat.code).not.toBe(0);
    expect(write.code).not.toBe(0);
    expect((await stat(join(folder, 'big'))).size).toBeLessThanOrEqual(1_000_000);
  });

  it('ends with the caller’s reason when he gives up', async () => {
    const reason = new Error('no longer');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 200);

    await expect(runTool('sleep', ['300'], { wallMs: 60_000, signal: abort.signal })).rejects.toBe(reason);
  });

  it('ends with the error of what it is fed with, and is not hurt by a tool that does not listen', async () => {
    const fault = new Error('no more bytes');
    const zeros = (error?: Error) =>
      (async function* () {
        for (let i = 0; i < 50; i += 1) yield Buffer.alloc(1 << 16);
        if (error) throw error;
      })();

    await expect(runTool('sha256sum', [], { wallMs: 20_000, stdin: zeros(fault) })).rejects.toBe(fault);
    expect(await runTool('true', [], { wallMs: 20_000, stdin: zeros() })).toMatchObject({ code: 0, killedBy: null });
  });

  it('says which program is missing', async () => {
    const result = await runTool('/nowhere/at-all', [], { wallMs: 5_000 }).catch((error: unknown) => error as Error);

    expect('stderr' in result ? result.stderr : result.message).toContain('/nowhere/at-all');
  });

  it('finds an ffmpeg, and knows how each build passes every frame on', async () => {
    const path = await ffmpegPath();
    const { default: installed } = await import('@ffmpeg-installer/ffmpeg');

    expect(path).not.toBeNull();
    expect(await findFfmpeg()).toMatchObject({ path, version: expect.stringMatching(/^ffmpeg version/) });
    expect(await ffmpegAt(installed.path)).toMatchObject({
      everyFrame: ['-vsync', '0'],
      strictly: ['-err_detect', 'explode'],
    });
  });
});
