import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sqlite from 'node-sqlite3-wasm';
import { stringify } from 'yaml';
import { zstdFrame } from './mcap.js';
import type { TimedMessage } from './ros-messages.js';
import { definitionOf, ros2Name, toCdr } from './ros-messages.js';

/** Messages as an SQLite file of rosbag2. `hasDefinitions: false` is how bags were before Iron. */
export async function writeDb3(
  messages: readonly TimedMessage[],
  options: {
    hasDefinitions?: boolean;
    isPackedByMessage?: boolean;
    packMessage?: (data: Uint8Array) => Uint8Array;
    pageBytes?: number;
  } = {},
): Promise<Uint8Array> {
  const { hasDefinitions = true, isPackedByMessage = false, packMessage, pageBytes = 4096 } = options;
  const folder = mkdtempSync(join(tmpdir(), 'bodega-db3-'));
  const path = join(folder, 'bag.db3');
  try {
    const db = new sqlite.Database(path);
    db.exec(`PRAGMA synchronous=OFF; PRAGMA journal_mode=MEMORY; PRAGMA page_size=${pageBytes};
      CREATE TABLE topics(id INTEGER PRIMARY KEY,name TEXT NOT NULL,type TEXT NOT NULL,serialization_format TEXT NOT NULL,offered_qos_profiles TEXT NOT NULL);
      CREATE TABLE messages(id INTEGER PRIMARY KEY,topic_id INTEGER NOT NULL,timestamp INTEGER NOT NULL, data BLOB NOT NULL);
      CREATE INDEX timestamp_idx ON messages (timestamp ASC);`);
    if (hasDefinitions)
      db.exec(
        'CREATE TABLE message_definitions(id INTEGER PRIMARY KEY, topic_type TEXT not null, encoding TEXT not null, encoded_message_definition TEXT not null, type_description_hash TEXT not null)',
      );
    const topics = [...new Map(messages.map(({ topic, type }) => [topic, type]))];
    for (const [i, [topic, type]] of topics.entries()) {
      db.run('INSERT INTO topics VALUES (?,?,?,?,?)', [i + 1, topic, ros2Name(type), 'cdr', '']);
      if (hasDefinitions)
        db.run(
          'INSERT INTO message_definitions(topic_type, encoding, encoded_message_definition, type_description_hash) VALUES (?,?,?,?)',
          [ros2Name(type), 'ros2msg', definitionOf(type, true), ''],
        );
    }
    db.exec('BEGIN');
    for (const { topic, type, timeNs, value } of messages) {
      const id = topics.findIndex(([name]) => name === topic) + 1;
      const data = toCdr(type, value);
      const stored = packMessage ? packMessage(data) : isPackedByMessage ? await zstdFrame(data) : data;
      db.run('INSERT INTO messages(topic_id, timestamp, data) VALUES (?,?,?)', [id, timeNs, stored]);
    }
    db.exec('COMMIT');
    db.close();
    return new Uint8Array(readFileSync(path));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A `metadata.yaml` for storage files that hold these messages. */
export function writeMetadata(
  files: readonly string[],
  messages: readonly TimedMessage[],
  options: {
    storage?: 'sqlite3' | 'mcap';
    mode?: '' | 'FILE' | 'MESSAGE';
    custom?: Record<string, string>;
    count?: number;
  } = {},
): Uint8Array {
  const topics = new Map<string, { type: string; count: number }>();
  for (const { topic, type } of messages)
    topics.set(topic, { type: ros2Name(type), count: (topics.get(topic)?.count ?? 0) + 1 });
  return Buffer.from(
    stringify({
      rosbag2_bagfile_information: {
        version: 9,
        storage_identifier: options.storage ?? 'sqlite3',
        duration: { nanoseconds: 1 },
        starting_time: { nanoseconds_since_epoch: 1 },
        message_count: options.count ?? messages.length,
        topics_with_message_count: [...topics].map(([name, { type, count }]) => ({
          topic_metadata: { name, type, serialization_format: 'cdr', offered_qos_profiles: '' },
          message_count: count,
        })),
        compression_format: options.mode ? 'zstd' : '',
        compression_mode: options.mode ?? '',
        relative_file_paths: files,
        custom_data: options.custom ?? null,
      },
    }),
  );
}
