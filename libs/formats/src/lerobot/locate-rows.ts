import { Defect } from '../defect.js';
import type { NumberColumn } from '../parquet/columns.js';
import type { DataFile } from './data-file.js';
import type { EpisodeMeta } from './reading.js';

const BLOCK_ROWS = 8192;
/** Runs of one file that are remembered when its rows do not lie where the metadata says. */
const MAX_RUNS = 1_000_000;

/** Rows of a data file, half-open. */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** Finds the rows of one episode after the other in a shared data file, without reading the rows of the others. */
export class RowLocator {
  private column: NumberColumn | null;
  private runs: Map<number, RowRange> | null = null;

  constructor(private readonly file: DataFile) {
    this.column = file.bookkeeping('episode_index');
  }

  /** @param guess where the rows start by the metadata; checked against `episode_index`, which decides. */
  async find(meta: EpisodeMeta, guess: number): Promise<RowRange> {
    const range = { from: guess, to: Math.min(guess + meta.length, this.file.numRows) };
    if (!this.column) return range.from < range.to ? range : { from: 0, to: 0 };
    if (!this.runs && (await this.holds(meta.index, range, meta.length))) return range;
    this.runs ??= await this.scan();
    return this.runs.get(meta.index) ?? { from: 0, to: 0 };
  }

  private async holds(episode: number, range: RowRange, length: number): Promise<boolean> {
    if (range.to - range.from !== length || length === 0) return false;
    if (!this.column || this.column.row > range.from) this.column = this.file.bookkeeping('episode_index');
    const column = this.column;
    if (!column) return false;
    await column.skip(range.from - column.row);
    for (let row = range.from; row < range.to; row += BLOCK_ROWS) {
      const values = await column.read(Math.min(BLOCK_ROWS, range.to - row));
      if (values.some((value: number) => value !== episode)) return false;
    }
    return true;
  }

  /** The first run of every episode. */
  private async scan(): Promise<Map<number, RowRange>> {
    const runs = new Map<number, RowRange>();
    const column = this.file.bookkeeping('episode_index');
    let episode = Number.NaN;
    let from = 0;
    const close = (to: number): void => {
      if (to > from && !runs.has(episode)) runs.set(episode, { from, to });
      if (runs.size > MAX_RUNS)
        throw new Defect('TOO_LARGE', 'a data file holds too many episodes', { expected: `at most ${MAX_RUNS}` });
    };
    for (let row = 0; column && row < this.file.numRows; row += BLOCK_ROWS) {
      const values = await column.read(Math.min(BLOCK_ROWS, this.file.numRows - row));
      for (let i = 0; i < values.length; i += 1) {
        if (values[i] === episode) continue;
        close(row + i);
        episode = values[i] as number;
        from = row + i;
      }
    }
    close(this.file.numRows);
    return runs;
  }
}
