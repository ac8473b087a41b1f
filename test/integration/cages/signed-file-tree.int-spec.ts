import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { hashOf, signedFileTree, withScratch } from '@app/cages';

describe('files behind signed URLs', () => {
  const content = randomBytes(700_000);
  let server: Server;
  let url: string;
  let scratch: string;
  let failures = 0;
  let requests = 0;

  beforeAll(async () => {
    // A store that serves one object, and fails as often as it is told to.
    server = createServer((request, response) => {
      requests += 1;
      if (failures > 0) {
        failures -= 1;
        response.writeHead(503).end();
        return;
      }
      const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
      response.writeHead(range ? 206 : 200);
      response.end(range ? content.subarray(Number(range[1]), Number(range[2]) + 1) : content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/object?signature=1`;
    scratch = await mkdtemp(join(tmpdir(), 'bodega-tree-'));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(scratch, { recursive: true, force: true });
  });
  beforeEach(() => {
    failures = 0;
    requests = 0;
  });

  const treeOf = (sizeBytes = content.length, scratchBytes?: number) =>
    signedFileTree([{ path: 'a/../é .mp4', sizeBytes, url }], { scratch, scratchBytes });

  it('reads ranges, small neighbours with one request, and through a store that stumbles', async () => {
    const source = await treeOf().open('a/../é .mp4');
    failures = 2;

    const head = await source.read(0, 100);
    const next = await source.read(100, 200_000);

    expect(Buffer.concat([head, next])).toEqual(content.subarray(0, 200_100));
    expect(requests).toBe(3);
    expect(await source.read(699_990, 100)).toHaveLength(10);
  });

  it('makes one local copy, under a name of its own, and removes it', async () => {
    const tree = treeOf();

    const [first, second] = await Promise.all([tree.localPath('a/../é .mp4'), tree.localPath('a/../é .mp4')]);

    expect(first).toBe(join(scratch, 'file-0.mp4'));
    expect(second).toBe(first);
    expect(await readFile(first)).toEqual(content);
    expect(requests).toBe(1);
    await tree.close();
    expect(await readdir(scratch)).toEqual([]);
  });

  it.each([
    ['more', content.length - 1],
    ['less', content.length + 1],
  ])('refuses a file that has %s bytes than announced, and leaves nothing', async (what, sizeBytes) => {
    const tree = treeOf(sizeBytes);

    await expect(tree.localPath('a/../é .mp4')).rejects.toThrow(`sent ${what} than the file has`);
    await tree.close();
    expect(await readdir(scratch)).toEqual([]);
  });

  it('keeps local copies within what they may take, and counts what was given back', async () => {
    await expect(treeOf(content.length, content.length - 1).localPath('a/../é .mp4')).rejects.toThrow(
      'may take 699999',
    );

    const tree = treeOf(content.length, content.length);
    for (let round = 0; round < 3; round += 1) {
      await tree.localPath('a/../é .mp4');
      await tree.release('a/../é .mp4');
    }
    await tree.release('a/../é .mp4');
    expect(await readdir(scratch)).toEqual([]);
  });

  it('refuses names that are not among the files', async () => {
    await expect(treeOf().open('/etc/passwd')).rejects.toThrow('There is no file');
    await expect(treeOf().localPath('/etc/passwd')).rejects.toThrow('There is no file');
  });

  it('hashes a whole file', async () => {
    expect(await hashOf({ path: 'x', sizeBytes: 1, url })).toEqual({
      sha256: createHash('sha256').update(content).digest('hex'),
      sizeBytes: content.length,
    });
  });
});

describe('scratch', () => {
  it('is removed whatever happens', async () => {
    let folder = '';

    const failed = withScratch(async (scratch) => {
      folder = scratch;
      await mkdir(join(scratch, 'deep/down'), { recursive: true });
      await writeFile(join(scratch, 'deep/down/file'), 'x');
      throw new Error('halfway');
    });

    await expect(failed).rejects.toThrow('halfway');
    await expect(readdir(folder)).rejects.toThrow('ENOENT');
  });

  it('of a process that was killed is removed by the next one; that of a living one is left', () => {
    const host = hostname().replace(/[^A-Za-z0-9]+/g, '_');
    const script = `
      import { existsSync, mkdirSync } from 'node:fs';
      import { withScratch } from '@app/cages';
      const [dead, living] = process.argv.slice(1);
      mkdirSync(dead); mkdirSync(living);
      await withScratch(async () => console.log(existsSync(dead), existsSync(living)));`;
    const dead = join(tmpdir(), `bodega-scratch-${host}-4194303-x`);
    const living = join(tmpdir(), `bodega-scratch-${host}-${process.pid}-x`);

    const run = spawnSync(
      process.execPath,
      ['--no-warnings', '--import=#typescript', '--input-type=module', '-e', script, dead, living],
      { encoding: 'utf8', env: { PATH: process.env['PATH'] } },
    );

    spawnSync('rm', ['-rf', dead, living]);
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe('false true\n');
  });
});
