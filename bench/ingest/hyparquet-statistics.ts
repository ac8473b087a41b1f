import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

const COLUMNS = ['action', 'observation.state'];
const QUANTILES = [0.01, 0.1, 0.5, 0.9, 0.99];

/**
 * The same statistics per episode by hyparquet as it comes: it reads a row group (one episode) at a time, each channel is
 * gathered into a Float32Array, summed up in one loop and sorted. Nothing is checked and nothing is hashed.
 * @returns the number of episodes
 */
export async function plainStatistics(paths: readonly string[]): Promise<number> {
  let episodes = 0;
  for (const path of paths) {
    const file = await asyncBufferFromFile(path);
    const metadata = await parquetMetadataAsync(file);
    let rowStart = 0;
    for (const { num_rows: rows } of metadata.row_groups) {
      const rowEnd = rowStart + Number(rows);
      let cells: unknown[][] = [];
      await parquetRead({
        file,
        metadata,
        columns: COLUMNS,
        compressors,
        rowStart,
        rowEnd,
        onComplete: (read: unknown[][]) => (cells = read),
      });
      COLUMNS.forEach((_, c) => statisticsOf(cells.map((row) => row[c] as number[])));
      rowStart = rowEnd;
      episodes += 1;
    }
  }
  return episodes;
}

function statisticsOf(rows: readonly (readonly number[])[]): object[] {
  return (rows[0] ?? []).map((_, channel) => {
    const column = new Float32Array(rows.length);
    let [min, max, sum, squares, n] = [Infinity, -Infinity, 0, 0, 0];
    for (const row of rows) {
      const value = row[channel] as number;
      if (!Number.isFinite(value)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
      sum += value;
      squares += value * value;
      column[n] = value;
      n += 1;
    }
    const sorted = column.subarray(0, n).sort();
    const mean = sum / n;
    return {
      min,
      max,
      mean,
      std: Math.sqrt(Math.max(0, squares / n - mean * mean)),
      quantiles: QUANTILES.map((q) => quantile(sorted, q)),
      nonFinite: rows.length - n,
    };
  });
}

function quantile(sorted: Float32Array, q: number): number {
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] as number;
  return below + ((sorted[Math.ceil(at)] as number) - below) * (at - Math.floor(at));
}
