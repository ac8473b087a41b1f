import { ParquetFile } from '../parquet/parquet.reader.js';
import type { FindingLog } from '../findings.js';
import type { DatasetFiles } from '../tree.js';
import { asCount, asObject, parseJson } from '../text/json.js';
import { readLines } from '../text/jsonl.js';
import { report } from './reading.js';

/** Task texts by `task_index`. */
export type TaskTable = ReadonlyMap<number, string>;

const MAX_TASKS = 1_000_000;
const GENERIC = /^(|task|test|todo|none|null|n\/?a|unknown|default|dummy|untitled|lerobot|my task)$/i;
const text = new TextDecoder();

/** meta/tasks.jsonl of v2.1. */
export async function readTasksJsonl(files: DatasetFiles, log: FindingLog): Promise<TaskTable | null> {
  const path = 'meta/tasks.jsonl';
  if (!files.has(path)) {
    log.add('TASKS_MISSING', 'the tasks table is missing', { path: files.full(path) });
    return null;
  }
  const tasks = new Map<number, string>();
  try {
    for await (const line of readLines(await files.open(path), 1 << 20)) {
      const row = asObject(parseJson(line.bytes));
      const index = asCount(row?.task_index);
      const task = row?.task;
      if (index === null || typeof task !== 'string')
        log.add('METADATA_INVALID', 'a task needs task_index and task', { path: files.full(path), row: line.row });
      else addTask(tasks, index, task, files.full(path), line.row, log);
    }
  } catch (error) {
    report(log, error, { path: files.full(path) });
    return tasks.size > 0 ? tasks : null;
  }
  return tasks;
}

/**
 * meta/tasks.parquet of v3.0. The text must be the pandas index: without the pandas metadata that says so,
 * LeRobot opens the set and answers the number 0 instead of the text, silently.
 */
export async function readTasksParquet(files: DatasetFiles, log: FindingLog): Promise<TaskTable | null> {
  const path = 'meta/tasks.parquet';
  const place = { path: files.full(path) };
  if (!files.has(path)) {
    log.add('TASKS_MISSING', 'the tasks table is missing', place);
    return null;
  }
  const tasks = new Map<number, string>();
  try {
    const file = await ParquetFile.open(await files.open(path));
    const textLeaf = file.leavesOf('task')[0] ?? file.leavesOf('__index_level_0__')[0];
    const indexLeaf = file.leavesOf('task_index')[0];
    if (!textLeaf || !indexLeaf) {
      log.add('METADATA_INVALID', 'the tasks table needs the columns task_index and task', {
        ...place,
        actual: file.columns.join(', ').slice(0, 200),
      });
      return null;
    }
    if (!isPandasIndex(file.meta.keyValues.get('pandas'), textLeaf.path[0] ?? '')) {
      log.add(
        'TASKS_INDEX_MISSING',
        'the task text is not the pandas index: the loader would answer the number 0 instead of the text. Write the table with pandas, with the text as index',
        { ...place, expected: '"index_columns": ["task"] in the pandas metadata' },
      );
    }
    const indices = file.rows(indexLeaf);
    const texts = file.rows(textLeaf);
    for (let row = 0; row < Math.min(file.numRows, MAX_TASKS); row += 1) {
      const index = (indices.take() ?? (await indices.load())).numbers[0];
      const bytes = (texts.take() ?? (await texts.load())).strings[0];
      if (index === undefined || !Number.isSafeInteger(index) || !bytes)
        log.add('METADATA_INVALID', 'a task needs task_index and text', { ...place, row });
      else addTask(tasks, index, text.decode(bytes), place.path, row, log);
    }
  } catch (error) {
    report(log, error, place);
    return tasks.size > 0 ? tasks : null;
  }
  return tasks;
}

function isPandasIndex(pandas: string | undefined, column: string): boolean {
  if (pandas === undefined) return false;
  try {
    const meta = asObject(JSON.parse(pandas));
    return Array.isArray(meta?.index_columns) && meta.index_columns.includes(column);
  } catch {
    return false; // unreadable pandas metadata is as good as none
  }
}

function addTask(
  tasks: Map<number, string>,
  index: number,
  task: string,
  path: string,
  row: number,
  log: FindingLog,
): void {
  if (tasks.has(index)) log.add('METADATA_INVALID', `task_index ${index} occurs twice`, { path, row });
  if (task.trim() === '') log.add('TASK_TEXT_MISSING', 'a task has no text', { path, row });
  else if (GENERIC.test(task.trim()))
    log.add('TASK_TEXT_GENERIC', 'a task text says nothing', { path, row, actual: task.slice(0, 80) });
  tasks.set(index, task.slice(0, 4096));
}
