import { caged, findFfmpeg, signedFileTree } from '@app/cages';
import { FindingLog, openDataset } from '@app/formats';
import { DiskOutputFolder } from '../lerobot/output-folder.js';
import { surveySource } from '../lerobot/survey.js';
import { writeLerobot } from '../lerobot/write-lerobot.js';
import { RenditionRefused } from '../rendition-target.js';
import { videoOpener } from '../source-files.js';
import type { MakeMessage, MakeOrder } from './making.types.js';

/** Entry of the caged process that writes a rendition: one order in, files out one by one, then it ends. */

const MAX_FINDINGS = 20;

await caged<MakeOrder, MakeMessage>(async (order, say) => {
  const ffmpeg = await findFfmpeg();
  if (!ffmpeg) throw new Error('Renditions need ffmpeg, and this machine has none.');
  const tree = signedFileTree(order.files, { scratch: order.scratch });
  const log = new FindingLog(MAX_FINDINGS);
  const source = await openDataset(tree, log);
  if (!source) throw new Error(`A version that was measured cannot be opened: ${log.toList()[0]?.message ?? ''}`);
  try {
    const made = await writeLerobot({
      source,
      survey: await surveySource(source, order.fps),
      target: order.target,
      folder: new DiskOutputFolder(order.output, ({ path }) => say({ kind: 'file', path })),
      tools: { ffmpeg, scratch: order.scratch, signal: new AbortController().signal },
      openVideo: videoOpener(tree),
    });
    await say({ kind: 'made', ...made });
  } catch (error) {
    if (!(error instanceof RenditionRefused)) throw error;
    await say({ kind: 'refused', message: error.message });
  } finally {
    await source.close();
    await tree.close();
  }
});
