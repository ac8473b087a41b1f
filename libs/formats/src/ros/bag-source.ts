import type { DatasetSource, SourceEpisode, SourceHead } from '../dataset-source.js';
import type { FormatName } from '../episode-model.js';
import { Defect } from '../defect.js';
import type { FindingCode, FindingLog } from '../findings.js';
import { BagEpisode } from './bag-episode.js';
import type { Channel, LoggedMessage, Recording } from './recording.js';
import {
  agreed,
  methodOf,
  operatorOf,
  outcomeOf,
  realityOf,
  RecordingNotes,
  robotOf,
  sceneOf,
  taskOf,
} from './recording-notes.js';
import { SkippedChannels } from './skipped-channels.js';
import { StreamBook } from './stream-book.js';
import { isTaskTopic } from './topic-name.js';

/** Clocks that were never set start in 1970. */
const EARLIEST_WALL_CLOCK_NS = 946_684_800_000_000_000n;
const LATEST_WALL_CLOCK_NS = 4_102_444_800_000_000_000n;
const MAX_UNREAD = 1000;

/** What the survey of one recording left behind: small, because there may be a hundred thousand. */
interface Surveyed {
  readonly recording: Recording;
  readonly notes: ReadonlyMap<string, string>;
  readonly task: string | null;
  readonly startNs: bigint | null;
  readonly messages: number;
}

/** A topic whose first messages gave no stream. */
interface Unread {
  readonly channel: Channel;
  readonly code: FindingCode;
  readonly reason: string;
  readonly path: string;
}

/** What is learned while recordings are surveyed. */
interface Learned {
  readonly book: StreamBook;
  readonly skipped: SkippedChannels;
  /** Messages by topic. */
  readonly counts: Map<string, number>;
  readonly unread: Map<string, Unread>;
}

/**
 * Opens recordings of timed messages, one episode each. Every file is surveyed first: its channels, its notes, and the
 * first message of every topic that is new, which decides the streams of the set.
 * @returns null where no recording holds a message; the findings say so.
 */
export async function openRecordings(
  recordings: readonly Recording[],
  format: FormatName,
  formatVersion: string,
  log: FindingLog,
): Promise<DatasetSource | null> {
  const book = new StreamBook();
  const skipped = new SkippedChannels();
  const counts = new Map<string, number>();
  const unread = new Map<string, Unread>();
  const surveyed: Surveyed[] = [];
  for (const recording of recordings) {
    const found = await survey(recording, { book, skipped, counts, unread });
    const path = recording.parts[0]?.path ?? '';
    if (found.messages === 0) log.add('EMPTY_RECORDING', 'the recording holds no message that can be read', { path });
    surveyed.push(found);
  }
  for (const [topic, { channel, code, reason, path }] of unread) {
    if (book.streamsOf(topic)) continue;
    if (code === 'CODEC_UNSUPPORTED') skipped.add(channel, counts.get(topic) ?? 0, reason, path);
    else log.add(code, `the first messages of ${topic.slice(0, 120)} cannot be read: ${reason}`, { path });
  }
  skipped.report(log);
  if (surveyed.every(({ messages }) => messages === 0)) return null;
  const head = toHead(book, surveyed, counts, format, formatVersion);
  return {
    head,
    async *episodes(only) {
      for (const [index, one] of surveyed.entries())
        if (!only || only.has(index)) yield await Promise.resolve(toEpisode(one, index, book, log));
    },
    close: () => Promise.resolve(),
  };
}

async function survey(recording: Recording, learned: Learned): Promise<Surveyed> {
  const { book, skipped, counts } = learned;
  const notes = new RecordingNotes();
  notes.addAll(recording.notes);
  let task: string | null = null;
  let startNs: bigint | null = null;
  let messages = 0;
  const isTask = (channel: Channel) => task === null && isTaskTopic(channel.topic) && /String$/.test(channel.type);
  const wanted = (channel: Channel): boolean => {
    const reading = book.readingOf(channel);
    if (reading === null || typeof reading === 'string') return false;
    return book.streamsOf(channel.topic) === undefined || isTask(channel);
  };
  for (const part of recording.parts) {
    const onFirst = (message: LoggedMessage): void => {
      const text = learn(message, learned, part.path);
      if (text !== null && text.trim() !== '' && isTask(message.channel)) task = text;
    };
    const found = await part.survey(wanted, onFirst);
    notes.addAll(found.notes);
    startNs ??= found.startNs;
    for (const [channel, count] of found.counts) {
      messages += count;
      const reading = book.readingOf(channel);
      if (typeof reading === 'string' && count > 0) skipped.add(channel, count, reading, part.path);
      if (counts.has(channel.topic) || counts.size < 100_000)
        counts.set(channel.topic, (counts.get(channel.topic) ?? 0) + count);
    }
  }
  return { recording, notes: notes.all, task: task ?? taskOf(notes.all), startNs, messages };
}

/** Learns the streams of a topic; returns the message's text if it is one. */
function learn({ channel, data }: LoggedMessage, { book, unread }: Learned, path: string): string | null {
  const reading = book.readingOf(channel);
  if (reading === null || typeof reading === 'string') return null;
  const refuse = (code: FindingCode, reason: string): void => {
    if (unread.size < MAX_UNREAD && !unread.has(channel.topic))
      unread.set(channel.topic, { channel, code, reason, path });
  };
  try {
    const message = reading.decode(data);
    const parts = reading.parts(message);
    book.learn(channel, message, parts);
    if (parts.length === 0) refuse('CODEC_UNSUPPORTED', 'its first messages hold no values');
    const [part] = parts;
    return part?.kind === 'text' ? part.text : null;
  } catch (error) {
    if (!(error instanceof Defect)) throw error;
    refuse(error.code, error.message);
    return null;
  }
}

function toHead(
  book: StreamBook,
  surveyed: readonly Surveyed[],
  counts: ReadonlyMap<string, number>,
  format: FormatName,
  formatVersion: string,
): SourceHead {
  const { signals, cameras } = book;
  const countOf = (topic: string) => counts.get(topic) ?? 0;
  const most = <T>(list: readonly T[], topicOf: (entry: T) => string): T | undefined =>
    list.reduce<T | undefined>(
      (best, entry) => (best && countOf(topicOf(best)) >= countOf(topicOf(entry)) ? best : entry),
      undefined,
    );
  const ofRole = (role: string) => signals.filter((signal) => signal.role === role);
  const reference =
    most(
      cameras.filter(({ kind }) => kind === 'rgb'),
      ({ key }) => key,
    ) ??
    most(ofRole('action'), ({ key, source }) => source ?? key) ??
    most(ofRole('state'), ({ key, source }) => source ?? key) ??
    most(cameras, ({ key }) => key);
  const values = (of: (notes: ReadonlyMap<string, string>) => string | null) =>
    new Set(surveyed.flatMap(({ notes }) => of(notes) ?? []));
  return {
    format,
    formatVersion,
    fps: { value: null, reason: 'recordings of messages do not keep a frame rate' },
    robotType: agreed(values(robotOf), 'robot'),
    collectionMethod: agreed(values(methodOf), 'way of collection'),
    reality: agreed(values(realityOf), 'reality'),
    signals,
    cameras,
    tasks: [],
    referenceKey: reference?.key ?? null,
    announcedEpisodes: surveyed.length,
  };
}

function toEpisode(
  { recording, notes, task, startNs }: Surveyed,
  index: number,
  book: StreamBook,
  log: FindingLog,
): SourceEpisode {
  const outcome = outcomeOf(notes);
  return {
    index,
    sourceKey: recording.sourceKey,
    tasks: task === null || task.trim() === '' ? [] : [{ text: task.trim(), from: 0, to: null }],
    outcome,
    outcomeSource: outcome === null ? null : 'flag',
    announcedFrames: null,
    startedAt: toWallClock(startNs),
    operator: operatorOf(notes),
    scene: sceneOf(notes),
    files: recording.parts.map(({ path }) => ({ path, kind: 'data' as const })),
    items: () => new BagEpisode(recording, index, book, log).items(),
  };
}

function toWallClock(ns: bigint | null): string | null {
  if (ns === null || ns < EARLIEST_WALL_CLOCK_NS || ns > LATEST_WALL_CLOCK_NS) return null;
  return new Date(Number(ns / 1_000_000n)).toISOString();
}
