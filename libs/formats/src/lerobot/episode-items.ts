import type { EpisodeItem, NumberRows } from '../dataset-source.js';
import { readImageHeader } from '../images/image-header.js';
import type { DataColumn, DataFile, ImageColumn, NumericColumn, TextColumn } from './data-file.js';
import { blockRows } from './data-file.js';
import type { RowRange } from './locate-rows.js';
import type { Reading } from './reading.js';
import { report } from './reading.js';
import type { OutcomeCheck } from './row-checks.js';

/** Strings of one block; they are short, and a block of them is handed out at once. */
const TEXT_ROWS = 1024;
const text = new TextDecoder();

/** Rows, texts and pictures of one episode, column by column. A column that turns out bad is reported and left. */
export async function* readColumns(
  reading: Reading,
  file: DataFile,
  range: RowRange,
  episode: number,
  outcome: OutcomeCheck,
): AsyncGenerator<EpisodeItem> {
  for (const column of [...file.columns]) {
    try {
      await column.column.skip(range.from - column.column.row);
      yield* readColumn(reading, file, column, range, episode, outcome);
    } catch (error) {
      report(reading.log, error, { path: reading.files.full(file.path), episode });
      file.drop(column);
    }
  }
}

function readColumn(
  reading: Reading,
  file: DataFile,
  column: DataColumn,
  range: RowRange,
  episode: number,
  outcome: OutcomeCheck,
): AsyncGenerator<EpisodeItem> {
  if (column.kind === 'numbers') return readNumbers(column, range, outcome);
  if (column.kind === 'text') return readTexts(column, range);
  return readImages(reading, file, column, range, episode);
}

async function* readNumbers(
  { feature, column }: NumericColumn,
  range: RowRange,
  outcome: OutcomeCheck,
): AsyncGenerator<EpisodeItem> {
  const step = blockRows(column.width);
  for (let row = range.from; row < range.to; row += step) {
    const rows = Math.min(step, range.to - row);
    // The column reuses its block; what is handed out belongs to the caller.
    const values: NumberRows = (await column.read(rows)).slice();
    if (feature.key === 'next.success') outcome.addSuccess(values);
    if (feature.key === 'next.reward') outcome.addReward(values);
    yield { kind: 'rows', key: feature.key, rows, values, timesS: null };
  }
}

async function* readTexts({ feature, column }: TextColumn, range: RowRange): AsyncGenerator<EpisodeItem> {
  for (let row = range.from; row < range.to; row += TEXT_ROWS) {
    const values: string[] = [];
    for (let i = Math.min(TEXT_ROWS, range.to - row); i > 0; i -= 1) {
      const bytes = (column.take() ?? (await column.load())).strings[0];
      values.push(bytes ? text.decode(bytes) : '');
    }
    yield { kind: 'text', key: feature.key, values, timesS: null };
  }
}

async function* readImages(
  reading: Reading,
  file: DataFile,
  { feature, column }: ImageColumn,
  range: RowRange,
  episode: number,
): AsyncGenerator<EpisodeItem> {
  for (let row = range.from; row < range.to; row += 1) {
    const bytes = (column.take() ?? (await column.load())).strings[0];
    const header = bytes && readImageHeader(bytes);
    if (!bytes || !header) {
      const isEmpty = !bytes || bytes.byteLength === 0;
      reading.log.addOnce(
        `${episode} ${feature.key}`,
        isEmpty ? 'EMPTY_IMAGE' : 'IMAGE_INVALID',
        isEmpty ? 'a row names an image but does not hold its bytes' : 'an embedded image is neither PNG nor JPEG',
        { path: reading.files.full(file.path), episode, camera: feature.key, row },
      );
      continue;
    }
    yield {
      kind: 'image',
      camera: feature.key,
      timeS: null,
      encoding: header.codec,
      width: header.width,
      height: header.height,
      bytes,
    };
  }
}
