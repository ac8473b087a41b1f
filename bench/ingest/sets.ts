import { existsSync } from 'node:fs';
import { copyFile, link, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import type { SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ParquetWriter, fileWriter } from 'hyparquet-writer';

/** What the generated sets are copies of: real recordings where they are at hand, else the samples of the repository. */
const REAL = fileURLToPath(new URL('../../../shared/data/lerobot-v30-unitree-g1/subset-4ep/', import.meta.url));
const SAMPLE = fileURLToPath(new URL('../../samples/sorting/', import.meta.url));

type Row = Record<string, unknown>;
type Cells = unknown[];

interface Info {
  [key: string]: unknown;
  features: Record<string, { dtype: string; shape: number[] }>;
}

/** A small v3.0 set in memory, to be repeated. */
export interface Seed {
  /** For the reader of the bench. */
  readonly title: string;
  readonly folder: string;
  readonly info: Info;
  readonly cameras: readonly string[];
  readonly episodes: readonly { row: Row; columns: ReadonlyMap<string, Cells>; rows: number }[];
}

/** How a set is made out of the seed. */
export interface SetPlan {
  readonly withVideo: boolean;
  /** The set gets about so large. */
  readonly bytes: number;
  /** Hard links make a large set without filling the disk; every link is read like a file. */
  readonly videosAs: 'copies' | 'links';
  /** Episodes to a data file, each a row group; or all rows of the set in one row group. */
  readonly rowGroups: 'per episode' | 'one';
}

const EPISODES_PER_FILE = 1000;
const chunked = (index: number): { chunk: number; file: number } => ({
  chunk: Math.floor(index / 1000),
  file: index % 1000,
});
const three = (n: number): string => String(n).padStart(3, '0');
const dataPath = (index: number): string =>
  `data/chunk-${three(chunked(index).chunk)}/file-${three(chunked(index).file)}.parquet`;
const videoPath = (camera: string, index: number): string =>
  `videos/${camera}/chunk-${three(chunked(index).chunk)}/file-${three(chunked(index).file)}.mp4`;

export async function readSeed(): Promise<Seed> {
  const isReal = existsSync(REAL);
  const folder = isReal ? REAL : SAMPLE;
  const info = JSON.parse(await readFile(join(folder, 'meta/info.json'), 'utf8')) as Info;
  const table = (path: string): Promise<Row[]> => readRows(join(folder, path));
  const files = new Map<number, Row[]>();
  const episodes: { row: Row; columns: Map<string, Cells>; rows: number }[] = [];
  for (const row of await table('meta/episodes/chunk-000/file-000.parquet')) {
    const file = Number(row['data/file_index']);
    const rows = files.get(file) ?? (await table(dataPath(file)));
    files.set(file, rows);
    const mine = rows.filter((cells) => cells['episode_index'] === row['episode_index']);
    const columns = new Map(Object.keys(mine[0] ?? {}).map((key) => [key, mine.map((cells) => cells[key])]));
    episodes.push({ row, columns, rows: mine.length });
  }
  return {
    title: isReal ? 'real Unitree G1 episodes' : 'the sample set "sorting" (no real recordings beside the repository)',
    folder,
    info,
    cameras: Object.keys(info.features).filter((key) => info.features[key]?.dtype === 'video'),
    episodes,
  };
}

/** Writes the seed again and again, renumbered, until the set has the wanted size. */
export async function writeSet(folder: string, seed: Seed, plan: SetPlan): Promise<void> {
  const cameras = plan.withVideo ? seed.cameras : [];
  const times = Math.max(1, Math.round(plan.bytes / (await bytesOf(seed, cameras))));
  const videoFiles = 1 + Math.max(0, ...seed.episodes.flatMap(({ row }) => cameras.map((key) => fileOf(row, key))));
  const features = Object.fromEntries(
    Object.entries(seed.info.features).filter(([key]) => plan.withVideo || !seed.cameras.includes(key)),
  );
  const keys = Object.keys(features).filter((key) => !cameras.includes(key));
  const rowsOfEpisodes: Row[] = [];
  let index = 0;
  let writer: DataWriter | null = null;
  for (let time = 0; time < times; time += 1) {
    for (const camera of cameras) {
      for (let file = 0; file < videoFiles; file += 1) {
        const target = join(folder, videoPath(camera, time * videoFiles + file));
        await mkdir(dirname(target), { recursive: true });
        if (plan.videosAs === 'links' && time > 0) await link(join(folder, videoPath(camera, file)), target);
        else await copyFile(join(seed.folder, videoPath(camera, file)), target);
      }
    }
    for (const { row, columns, rows } of seed.episodes) {
      const episode = rowsOfEpisodes.length;
      const dataFile = plan.rowGroups === 'one' ? 0 : Math.floor(episode / EPISODES_PER_FILE);
      if (writer?.file !== dataFile) {
        writer?.finish();
        writer = await DataWriter.open(join(folder, dataPath(dataFile)), dataFile, features, keys);
      }
      const first = index;
      writer.add(
        new Map(columns).set('episode_index', Array<bigint>(rows).fill(BigInt(episode))).set(
          'index',
          Array.from({ length: rows }, (_, i) => BigInt(first + i)),
        ),
        rows,
      );
      if (plan.rowGroups === 'per episode') writer.closeGroup();
      index += rows;
      rowsOfEpisodes.push({
        episode_index: BigInt(episode),
        tasks: row['tasks'],
        length: BigInt(rows),
        'data/chunk_index': BigInt(chunked(dataFile).chunk),
        'data/file_index': BigInt(chunked(dataFile).file),
        dataset_from_index: BigInt(first),
        dataset_to_index: BigInt(index),
        ...Object.fromEntries(cameras.flatMap((key) => spanOf(row, key, time * videoFiles))),
      });
    }
  }
  writer?.finish();
  await writeMeta(
    folder,
    seed,
    { ...seed.info, features, total_episodes: rowsOfEpisodes.length, total_frames: index },
    rowsOfEpisodes,
  );
}

const fileOf = (row: Row, camera: string): number => Number(row[`videos/${camera}/file_index`]);

function spanOf(row: Row, camera: string, shift: number): [string, unknown][] {
  const at = chunked(fileOf(row, camera) + shift);
  return [
    [`videos/${camera}/chunk_index`, BigInt(at.chunk)],
    [`videos/${camera}/file_index`, BigInt(at.file)],
    [`videos/${camera}/from_timestamp`, row[`videos/${camera}/from_timestamp`]],
    [`videos/${camera}/to_timestamp`, row[`videos/${camera}/to_timestamp`]],
  ];
}

async function bytesOf({ folder, episodes }: Seed, cameras: readonly string[]): Promise<number> {
  const paths = new Set(
    episodes.flatMap(({ row }) => [
      dataPath(Number(row['data/file_index'])),
      ...cameras.map((camera) => videoPath(camera, fileOf(row, camera))),
    ]),
  );
  let sum = 0;
  for (const path of paths) sum += (await stat(join(folder, path))).size;
  return sum;
}

async function writeMeta(folder: string, seed: Seed, info: Info, episodes: readonly Row[]): Promise<void> {
  await mkdir(join(folder, 'meta/episodes/chunk-000'), { recursive: true });
  await writeFile(join(folder, 'meta/info.json'), JSON.stringify(info));
  await copyFile(join(seed.folder, 'meta/tasks.parquet'), join(folder, 'meta/tasks.parquet'));
  const keys = Object.keys(episodes[0] ?? {});
  const writer = new ParquetWriter({
    writer: fileWriter(join(folder, 'meta/episodes/chunk-000/file-000.parquet')),
    schema: [
      { name: 'schema', num_children: keys.length },
      ...keys.flatMap((key) =>
        key === 'tasks' ? list(key, TEXT) : [{ name: key, ...(key.endsWith('_timestamp') ? DOUBLE : INT64) }],
      ),
    ],
  });
  void writer.write({ columnData: keys.map((key) => ({ name: key, data: episodes.map((row) => row[key]) })) });
  void writer.finish();
}

type LeafType = Omit<SchemaElement, 'name'>;
const TEXT: LeafType = { type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL', converted_type: 'UTF8' };
const DOUBLE: LeafType = { type: 'DOUBLE', repetition_type: 'OPTIONAL' };
const FLOAT: LeafType = { type: 'FLOAT', repetition_type: 'OPTIONAL' };
const INT64: LeafType = { type: 'INT64', repetition_type: 'OPTIONAL' };

function list(name: string, leaf: LeafType): SchemaElement[] {
  return [
    { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...leaf },
  ];
}

/** A data file: rows are gathered until their row group is closed. */
class DataWriter {
  private waiting = new Map<string, Cells>();
  private rows = 0;

  private constructor(
    readonly file: number,
    private readonly keys: readonly string[],
    private readonly writer: ParquetWriter,
  ) {}

  static async open(
    path: string,
    file: number,
    features: Info['features'],
    keys: readonly string[],
  ): Promise<DataWriter> {
    await mkdir(dirname(path), { recursive: true });
    const schema = keys.flatMap((key) => {
      const { dtype = '', shape = [] } = features[key] ?? {};
      const leaf = dtype.startsWith('float') ? FLOAT : INT64;
      return shape.length === 1 && shape[0] === 1 ? [{ name: key, ...leaf }] : list(key, leaf);
    });
    return new DataWriter(
      file,
      keys,
      new ParquetWriter({
        writer: fileWriter(path),
        schema: [{ name: 'schema', num_children: keys.length }, ...schema],
      }),
    );
  }

  add(columns: ReadonlyMap<string, Cells>, rows: number): void {
    this.rows += rows;
    for (const key of this.keys) {
      const cells = this.waiting.get(key) ?? [];
      for (const cell of columns.get(key) ?? []) cells.push(cell);
      this.waiting.set(key, cells);
    }
  }

  closeGroup(): void {
    if (this.rows === 0) return;
    const columnData = [...this.waiting].map(([name, data]) => ({ name, data }));
    void this.writer.write({ columnData, rowGroupSize: this.rows });
    this.waiting = new Map();
    this.rows = 0;
  }

  finish(): void {
    this.closeGroup();
    void this.writer.finish();
  }
}

async function readRows(path: string): Promise<Row[]> {
  return parquetReadObjects({ file: await asyncBufferFromFile(path), compressors });
}
