import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFfmpeg, runTool } from '@app/cages';
import type { DatasetSource, FileTree, Rate } from '@app/formats';
import { FindingLog, openDataset } from '@app/formats';
import { DiskFileTree } from '../../support/file-trees.js';
import type { WrittenFile } from '../../../libs/renditions/src/lerobot/output-folder.js';
import { DiskOutputFolder } from '../../../libs/renditions/src/lerobot/output-folder.js';
import { surveySource } from '../../../libs/renditions/src/lerobot/survey.js';
import type { RenditionMade } from '../../../libs/renditions/src/lerobot/write-lerobot.js';
import { writeLerobot } from '../../../libs/renditions/src/lerobot/write-lerobot.js';
import type { RenditionTarget } from '../../../libs/renditions/src/rendition-target.js';
import { videoOpener } from '../../../libs/renditions/src/source-files.js';

/** A rendition on disk. */
export interface MadeRendition extends RenditionMade {
  readonly root: string;
  readonly tree: DiskFileTree;
  readonly files: readonly WrittenFile[];
}

/** Folders of a suite; call `clean` at its end. */
export class Workshop {
  private readonly folders: string[] = [];
  private readonly trees: DiskFileTree[] = [];
  /** Scratch folder of the rendition made last. */
  lastScratch = '';

  /** Makes a rendition of the dataset that a tree holds. */
  async of(tree: FileTree, target: RenditionTarget, fps: Rate | null = null): Promise<MadeRendition> {
    const source = await openDataset(tree, new FindingLog(100));
    if (!source) throw new Error('The source cannot be opened.');
    try {
      return await this.ofSource(source, target, videoOpener(tree), fps);
    } finally {
      await source.close();
    }
  }

  async ofSource(
    source: DatasetSource,
    target: RenditionTarget,
    openVideo: ReturnType<typeof videoOpener> = () => Promise.reject(new Error('this source has no video')),
    fps: Rate | null = null,
  ): Promise<MadeRendition> {
    const ffmpeg = await findFfmpeg();
    if (!ffmpeg) throw new Error('This test needs ffmpeg.');
    const folder = await mkdtemp(join(tmpdir(), 'bodega-rendition-'));
    this.folders.push(folder);
    const [root, scratch] = [join(folder, 'out'), join(folder, 'scratch')];
    await mkdir(root);
    await mkdir(scratch);
    this.lastScratch = scratch;
    const files: WrittenFile[] = [];
    const made = await writeLerobot({
      source,
      survey: await surveySource(source, fps),
      target,
      folder: new DiskOutputFolder(root, (file) => Promise.resolve(void files.push(file))),
      tools: { ffmpeg, scratch, signal: new AbortController().signal },
      openVideo,
    });
    const tree = await DiskFileTree.of(root);
    this.trees.push(tree);
    return { ...made, root, tree, files };
  }

  /** The pictures of a video, decoded. */
  async decode(made: MadeRendition, path: string, width: number, height: number): Promise<Buffer[]> {
    const ffmpeg = await findFfmpeg();
    const args = ['-v', 'error', '-i', join(made.root, path), '-pix_fmt', 'rgb24', '-f', 'rawvideo', 'pipe:1'];
    const { stdout } = await runTool(ffmpeg?.path ?? 'ffmpeg', args, { wallMs: 30_000, maxOutputBytes: 2 ** 28 });
    const size = width * height * 3;
    return Array.from({ length: stdout.length / size }, (_, k) => stdout.subarray(k * size, (k + 1) * size));
  }

  async clean(): Promise<void> {
    for (const tree of this.trees) await tree.close();
    for (const folder of this.folders) await rm(folder, { recursive: true, force: true });
  }
}
