import type { NumberColumn } from '../parquet/columns.js';
import type { RowColumn } from '../parquet/columns.js';
import type { Leaf } from '../parquet/metadata.js';
import { ParquetFile } from '../parquet/parquet.reader.js';
import { isNumeric } from '../parquet/values.js';
import type { Feature } from './features.js';
import { ROW_FEATURES } from './features.js';
import type { Reading } from './reading.js';
import { report } from './reading.js';

const RUN_BLOCK_ROWS = 8192;

/** Consecutive rows with one `episode_index`. */
export interface EpisodeRun {
  readonly episode: number;
  readonly rows: number;
}

/** How a numeric feature lies in the file. */
export interface NumericColumn {
  readonly kind: 'numbers';
  readonly feature: Feature;
  readonly column: NumberColumn;
  /** The declared type is whole and the stored one is not: every value must be whole to be cast. */
  readonly mustBeWhole: boolean;
}

/** Embedded still images. */
export interface ImageColumn {
  readonly kind: 'images';
  readonly feature: Feature;
  readonly column: RowColumn;
}

/** Plain strings, one per row. Measuring checks them for presence only. */
export interface TextColumn {
  readonly kind: 'text';
  readonly feature: Feature;
  readonly column: RowColumn;
}

/** A column that has a reader. Structured language columns have none. */
export type DataColumn = NumericColumn | ImageColumn | TextColumn;

/** An open data file, read from the first row to the last. */
export class DataFile {
  row = 0;
  private runColumn: NumberColumn | null = null;
  private runRowsRead = 0;
  private ahead: EpisodeRun[] = [];
  readonly columns: DataColumn[];

  private constructor(
    private readonly reading: Reading,
    readonly path: string,
    private readonly file: ParquetFile,
  ) {
    this.columns = openColumns(reading, path, file);
    this.runColumn = this.bookkeeping('episode_index');
  }

  /** Opens a data file; null, with a finding, if it is missing or unreadable. */
  static async open(reading: Reading, path: string, episode: number): Promise<DataFile | null> {
    const full = reading.files.full(path);
    if (!reading.files.has(path)) {
      reading.log.add('MISSING_DATA_FILE', 'a data file that the metadata announces is missing', {
        path: full,
        episode,
      });
      return null;
    }
    try {
      return new DataFile(reading, path, await ParquetFile.open(await reading.files.open(path)));
    } catch (error) {
      report(reading.log, error, { path: full, episode });
      return null;
    }
  }

  get numRows(): number {
    return this.file.numRows;
  }

  /** A new reader of a bookkeeping column, beside the ones in `columns`; null if the file lacks it. */
  bookkeeping(key: string): NumberColumn | null {
    const leaf = this.file.leavesOf(key)[0];
    return leaf && isNumeric(leaf) && leaf.maxRep === 0 ? this.file.numbers(leaf, []) : null;
  }

  get rowsLeft(): number {
    return this.file.numRows - this.row;
  }

  /** True if rows say which episode they belong to. */
  get hasRuns(): boolean {
    return this.runColumn !== null;
  }

  /** The run of rows that comes next, whole; null at the end of the file. */
  async peekRun(): Promise<EpisodeRun | null> {
    while (this.ahead.length < 2 && this.runRowsRead < this.file.numRows) await this.readRuns();
    return this.ahead[0] ?? null;
  }

  /** Moves on by rows that were read or are not wanted. */
  consume(rows: number): void {
    this.row += rows;
    for (let left = rows; left > 0 && this.ahead[0];) {
      const run = this.ahead[0];
      const take = Math.min(left, run.rows);
      if (take === run.rows) this.ahead.shift();
      else this.ahead[0] = { episode: run.episode, rows: run.rows - take };
      left -= take;
    }
  }

  /** Brings a column that lags behind (its rows were skipped) to the file's row. */
  async align(column: DataColumn): Promise<void> {
    if (column.column.row < this.row) await column.column.skip(this.row - column.column.row);
  }

  /** Gives up a column after a defect in it. */
  drop(column: DataColumn): void {
    const at = this.columns.indexOf(column);
    if (at >= 0) this.columns.splice(at, 1);
  }

  private async readRuns(): Promise<void> {
    if (!this.runColumn) return;
    const rows = Math.min(RUN_BLOCK_ROWS, this.file.numRows - this.runRowsRead);
    let values: ArrayLike<number>;
    try {
      values = await this.runColumn.read(rows);
    } catch (error) {
      report(this.reading.log, error, { path: this.reading.files.full(this.path) });
      this.runRowsRead = this.file.numRows;
      return;
    }
    this.runRowsRead += rows;
    for (let i = 0; i < rows; i += 1) {
      const episode = values[i] as number;
      const last = this.ahead[this.ahead.length - 1];
      if (last && Object.is(last.episode, episode))
        this.ahead[this.ahead.length - 1] = { episode, rows: last.rows + 1 };
      else this.ahead.push({ episode, rows: 1 });
    }
  }
}

/** Rows per step so that a block stays near 64 k values. */
export function blockRows(width: number): number {
  return Math.max(1, Math.floor(65_536 / width));
}

function openColumns(reading: Reading, path: string, file: ParquetFile): DataColumn[] {
  const { info, log, files } = reading;
  const place = { path: files.full(path) };
  const columns: DataColumn[] = [];
  const declared = new Set(info.features.map((feature) => feature.key));
  for (const key of ROW_FEATURES) {
    if (!declared.has(key))
      log.addOnce(key, 'FEATURE_MISSING', `info.json does not declare the feature ${key}`, {
        path: files.full('meta/info.json'),
      });
  }
  for (const feature of info.features) {
    if (feature.role === 'video') continue;
    const leaves = file.leavesOf(feature.key);
    if (leaves.length === 0) {
      log.addOnce(
        feature.key,
        'FEATURE_MISSING',
        `the data has no column ${feature.key}, which info.json declares`,
        place,
      );
      continue;
    }
    const column =
      feature.role === 'image' ? openImages(feature, leaves, file) : openPlain(reading, feature, leaves, file, place);
    if (column === 'mismatch')
      log.addOnce(feature.key, 'DTYPE_MISMATCH', `column ${feature.key} is not stored as its declared type`, {
        ...place,
        expected: feature.dtype,
        actual: leaves.map((leaf) => leaf.type).join(', '),
      });
    else if (column) columns.push(column);
  }
  for (const column of file.columns) {
    if (!declared.has(column))
      log.addOnce(
        column,
        'FEATURE_UNDECLARED',
        `the data has a column ${column} that info.json does not declare: loaders refuse it`,
        place,
      );
  }
  return columns;
}

function openImages(feature: Feature, leaves: readonly Leaf[], file: ParquetFile): DataColumn | 'mismatch' {
  const leaf = leaves.find((candidate) => candidate.path.at(-1) === 'bytes') ?? leaves[0];
  if (!leaf || leaf.type !== 'BYTE_ARRAY' || leaf.maxRep > 0) return 'mismatch';
  return { kind: 'images', feature, column: file.rows(leaf) };
}

function openPlain(
  reading: Reading,
  feature: Feature,
  leaves: readonly Leaf[],
  file: ParquetFile,
  place: { path: string },
): DataColumn | 'mismatch' | null {
  const { log } = reading;
  const leaf = leaves[0];
  if (!leaf) return null;
  const wanted = kindOfDtype(feature.dtype);
  if (wanted === null) {
    if (feature.role !== 'language')
      log.addOnce(feature.key, 'INFO_INVALID', `feature ${feature.key} has an unknown dtype`, {
        path: reading.files.full('meta/info.json'),
        actual: feature.dtype.slice(0, 60),
      });
    return null;
  }
  const stored = isNumeric(leaf)
    ? leaf.type === 'BOOLEAN'
      ? 'bool'
      : leaf.type === 'FLOAT' || leaf.type === 'DOUBLE'
        ? 'float'
        : 'int'
    : 'bytes';
  if (wanted === 'bytes') {
    if (stored !== 'bytes') return 'mismatch';
    return leaf.maxRep === 0 ? { kind: 'text', feature, column: file.rows(leaf) } : null;
  }
  if (stored === 'bytes' || leaves.length > 1) return 'mismatch';
  const isScalar = feature.shape.length === 0 || (feature.shape.length === 1 && feature.shape[0] === 1);
  const shape = isScalar && leaf.maxRep === 0 ? [] : feature.shape;
  if (leaf.maxRep !== (isScalar ? 0 : feature.shape.length)) {
    log.addOnce(
      feature.key,
      'FEATURE_SHAPE_MISMATCH',
      `column ${feature.key} nests its values otherwise than its shape says`,
      {
        ...place,
        expected: isScalar
          ? 'a plain column (shape [1])'
          : `lists ${feature.shape.length} deep (shape [${feature.shape.join(',')}])`,
        actual: leaf.maxRep === 0 ? 'a plain column' : `lists ${leaf.maxRep} deep`,
      },
    );
    if (leaf.maxRep !== shape.length) return null;
  }
  const isExact =
    wanted === stored && (wanted !== 'float' || (feature.dtype === 'float64') === (leaf.type === 'DOUBLE'));
  if (!isExact) {
    log.addOnce(
      feature.key,
      'DTYPE_MISMATCH',
      `column ${feature.key} is stored as another type than declared; loaders must cast it`,
      { ...place, severity: 'warning', expected: feature.dtype, actual: leaf.type },
    );
  }
  return {
    kind: 'numbers',
    feature,
    column: file.numbers(leaf, shape),
    mustBeWhole: wanted !== 'float' && stored === 'float',
  };
}

function kindOfDtype(dtype: string): 'float' | 'int' | 'bool' | 'bytes' | null {
  if (/^float(16|32|64)$/.test(dtype)) return 'float';
  if (/^u?int(8|16|32|64)$/.test(dtype)) return 'int';
  if (dtype === 'bool' || dtype === 'boolean') return 'bool';
  if (dtype === 'string') return 'bytes';
  return null;
}
