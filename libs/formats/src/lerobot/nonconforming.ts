import { readMp4 } from '../mp4/mp4.reader.js';
import { USUAL_CODECS } from '../mp4/codecs.js';
import { ParquetFile } from '../parquet/parquet.reader.js';
import type { FindingLog } from '../findings.js';
import { asCount, asObject, parseJson } from '../text/json.js';
import { readLines } from '../text/jsonl.js';
import type { DatasetFiles } from '../tree.js';
import { report } from './reading.js';

const MAX_INSPECTED = 100;

/**
 * A set that looks like LeRobot but does not say which version it is cannot be walked. Its owner is still told
 * everything that can be seen to be wrong, so that one upload brings one complete list.
 */
export async function inspectNonconforming(files: DatasetFiles, info: unknown, log: FindingLog): Promise<void> {
  const declared = asObject(info) ?? {};
  const infoPath = files.full('meta/info.json');
  for (const key of ['features', 'data_path', 'total_episodes', 'total_frames', 'fps']) {
    if (declared[key] === undefined) log.add('INFO_FIELD_MISSING', `info.json has no ${key}`, { path: infoPath });
  }
  const listed = await countEpisodeLines(files, log);
  await compareTables(files, listed, log);
  if (files.list(/^data\/.*\.parquet$/).length === 0) {
    log.add('MISSING_DATA_FILE', 'there is no data: no parquet file under data/', {
      path: files.full('data/'),
      expected: 'data/chunk-000/...parquet',
    });
  }
  for (const path of files.list(/\.mp4$/).slice(0, MAX_INSPECTED)) await inspectVideo(files, path, log);
}

async function countEpisodeLines(files: DatasetFiles, log: FindingLog): Promise<number | null> {
  const path = 'meta/episodes.jsonl';
  if (!files.has(path)) return null;
  const place = { path: files.full(path) };
  let count = 0;
  try {
    for await (const line of readLines(await files.open(path), 1 << 20)) {
      count += 1;
      const row = asObject(parseJson(line.bytes));
      const missing = [
        asCount(row?.episode_index) === null && 'episode_index',
        asCount(row?.length) === null && 'length',
        !Array.isArray(row?.tasks) && 'tasks',
      ].filter(Boolean);
      if (missing.length > 0)
        log.add('EPISODE_FIELD_MISSING', `an episode lacks ${missing.join(', ')}`, { ...place, row: line.row });
    }
  } catch (error) {
    report(log, error, place);
  }
  return count;
}

/** Tables under meta/episodes that are not where the layout has them, and whether they agree with the list. */
async function compareTables(files: DatasetFiles, listed: number | null, log: FindingLog): Promise<void> {
  for (const path of files.list(/^meta\/episodes\/.*\.parquet$/).slice(0, MAX_INSPECTED)) {
    const place = { path: files.full(path) };
    const isPlaced = /^meta\/episodes\/chunk-\d+\/file-\d+\.parquet$/.test(path);
    if (!isPlaced)
      log.add('MISPLACED_FILE', 'the episodes table is not where the layout has it', {
        ...place,
        expected: 'meta/episodes/chunk-000/file-000.parquet',
      });
    try {
      const table = await ParquetFile.open(await files.open(path));
      if (listed !== null && table.numRows !== listed) {
        log.add('EPISODE_COUNT_MISMATCH', 'the list of episodes and the episodes table have different lengths', {
          path: files.full('meta/episodes.jsonl'),
          expected: `${table.numRows} episodes (as ${path} has)`,
          actual: `${listed} episodes`,
        });
      }
    } catch (error) {
      report(log, error, place);
    }
  }
}

async function inspectVideo(files: DatasetFiles, path: string, log: FindingLog): Promise<void> {
  const place = { path: files.full(path) };
  try {
    const video = await readMp4(await files.open(path));
    if (!USUAL_CODECS.has(video.codec))
      log.add('CODEC_UNUSUAL', 'browsers and most training loaders do not play this codec', {
        ...place,
        actual: video.codec,
        expected: [...USUAL_CODECS].join(', '),
      });
  } catch (error) {
    report(log, error, place);
  }
}
