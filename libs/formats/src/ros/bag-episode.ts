import type { EpisodeItem, SignalSpec } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { FindingCode, FindingLog } from '../findings.js';
import type { MessagePart, NumberPart } from './message-part.js';
import { stampNs } from './message-part.js';
import type { Channel, LoggedMessage, Recording } from './recording.js';
import { RowBatch } from './row-batches.js';
import type { StreamBook, TopicStreams } from './stream-book.js';

/** Clocks of sensors and recorder may differ by the delay of a bus and a network, not by more. */
const MAX_CLOCK_DISTANCE_NS = 1_000_000_000n;
const MAX_TEXT_ROWS = 4096;
const MAX_TEXT_CHARS = 10_000;

interface Refusal {
  readonly code: FindingCode;
  readonly message: string;
  count: number;
}

/** What goes wrong on one topic of an episode, told once at its end. */
interface TopicState {
  messages: number;
  refusal: Refusal | null;
  usesLogTime: boolean;
  orders: Map<string, readonly number[] | null>;
  lastPictureS: number;
  latePictures: number;
  texts: { values: string[]; timesS: number[] };
}

/** Reads one recording from front to back and hands out its rows, pictures and texts. */
export class BagEpisode {
  private readonly topics = new Map<string, TopicState>();
  private readonly batches = new Map<string, RowBatch>();
  private startNs: bigint | null = null;

  constructor(
    private readonly recording: Recording,
    private readonly index: number,
    private readonly book: StreamBook,
    private readonly log: FindingLog,
  ) {}

  async *items(): AsyncGenerator<EpisodeItem> {
    const isNeeded = (channel: Channel): boolean => {
      const reading = this.book.readingOf(channel);
      return reading !== null && typeof reading !== 'string';
    };
    for (const part of this.recording.parts) {
      for await (const message of part.messages(isNeeded)) {
        this.startNs ??= message.logTimeNs;
        yield* this.read(message, this.startNs);
      }
    }
    for (const batch of this.batches.values()) {
      const item = batch.flush(true);
      if (item) yield item;
    }
    for (const [topic, { texts }] of this.topics) if (texts.values.length > 0) yield toTextItem(topic, texts);
    this.report();
  }

  private *read(message: LoggedMessage, startNs: bigint): Generator<EpisodeItem> {
    const { channel } = message;
    const reading = this.book.readingOf(channel);
    if (reading === null || typeof reading === 'string') return;
    const streams = this.book.streamsOf(channel.topic);
    if (!streams) return;
    const state = this.stateOf(channel.topic);
    state.messages += 1;
    try {
      if (streams.type !== channel.type)
        throw new Defect('BAD_MESSAGE', 'two types of messages share the topic', { expected: streams.type });
      const fields = reading.decode(message.data);
      const timeS = this.timeOf(message, stampNs(fields), startNs, state);
      for (const part of reading.parts(fields)) yield* this.take(channel, streams, state, part, timeS);
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      refuse(state, error.code, error.message);
    }
  }

  private *take(
    channel: Channel,
    streams: TopicStreams,
    state: TopicState,
    part: MessagePart,
    timeS: number,
  ): Generator<EpisodeItem> {
    if (part.kind === 'picture') {
      if (!streams.camera) return;
      if (timeS < state.lastPictureS) state.latePictures += 1;
      state.lastPictureS = timeS;
      const { encoding, width, height, bytes } = part;
      yield { kind: 'image', camera: channel.topic, timeS, encoding, width, height, bytes };
    } else if (part.kind === 'text') {
      state.texts.values.push(part.text.slice(0, MAX_TEXT_CHARS));
      state.texts.timesS.push(timeS);
      if (state.texts.values.length < MAX_TEXT_ROWS) return;
      yield toTextItem(channel.topic, state.texts);
      state.texts = { values: [], timesS: [] };
    } else {
      const signal = streams.signals.get(part.suffix);
      if (!signal || signal.shape[0] !== part.values.length)
        throw new Defect(
          'BAD_MESSAGE',
          `the number of values of "${part.suffix || channel.topic}" changes (${signal?.shape[0] ?? 0} in the first message, ${part.values.length} here): give each group of joints its own topic`,
        );
      let batch = this.batches.get(signal.key);
      if (!batch) this.batches.set(signal.key, (batch = new RowBatch(signal)));
      batch.add(timeS, part.values, orderOf(signal, part, state));
      const item = batch.isFull ? batch.flush(false) : null;
      if (item) yield item;
    }
  }

  /** The sensor's own time while it agrees with the recorder's; from the first jump on, the recorder's. */
  private timeOf(
    { logTimeNs, channel }: LoggedMessage,
    stamp: bigint | null,
    startNs: bigint,
    state: TopicState,
  ): number {
    const distance = stamp === null ? 0n : stamp - logTimeNs;
    if (!state.usesLogTime && (distance > MAX_CLOCK_DISTANCE_NS || distance < -MAX_CLOCK_DISTANCE_NS)) {
      state.usesLogTime = true;
      this.log.add(
        'CLOCK_JUMP',
        'the stamps of a topic differ from the times of the recorder by more than 1 s: the recorder is followed',
        {
          ...this.place,
          actual: `${channel.topic.slice(0, 200)}: ${Number(distance / 1_000_000n) / 1000} s after ${state.messages} messages`,
        },
      );
    }
    const at = stamp === null || state.usesLogTime ? logTimeNs : stamp;
    return Number(at - startNs) / 1e9;
  }

  private report(): void {
    for (const [topic, { refusal, messages, latePictures }] of this.topics) {
      const name = topic.slice(0, 200);
      if (refusal)
        this.log.add(
          refusal.code,
          `${refusal.count} of ${messages} messages of ${name} cannot be used: ${refusal.message}`,
          this.place,
        );
      if (latePictures > 0)
        this.log.add(
          'CLOCK_JUMP',
          `${latePictures} pictures of ${name} are older than the ones before them`,
          this.place,
        );
    }
    for (const [key, { late }] of this.batches)
      if (late > 0)
        this.log.add(
          'CLOCK_JUMP',
          `the times of ${key.slice(0, 200)} go back further than messages overtake each other`,
          this.place,
        );
  }

  private get place(): { episode: number; path?: string } {
    const [part] = this.recording.parts;
    return { episode: this.index, ...(part ? { path: part.path } : {}) };
  }

  private stateOf(topic: string): TopicState {
    let state = this.topics.get(topic);
    if (!state) {
      state = {
        messages: 0,
        refusal: null,
        usesLogTime: false,
        orders: new Map(),
        lastPictureS: -Infinity,
        latePictures: 0,
        texts: { values: [], timesS: [] },
      };
      this.topics.set(topic, state);
    }
    return state;
  }
}

function refuse(state: TopicState, code: FindingCode, message: string): void {
  state.refusal ??= { code, message, count: 0 };
  state.refusal.count += 1;
}

/** Where the channels of a row lie in a message that names them in another order; null where they are in place. */
function orderOf(signal: SignalSpec, part: NumberPart, state: TopicState): readonly number[] | null {
  if (signal.names.length === 0 || part.names.length === 0) return null;
  if (signal.names.every((name, c) => part.names[c] === name)) return null;
  const key = part.names.join('\n');
  let order = state.orders.get(key);
  if (order === undefined) {
    const places = signal.names.map((name) => part.names.indexOf(name));
    if (places.includes(-1) || new Set(places).size !== places.length)
      throw new Defect('BAD_MESSAGE', `the names of the channels change: give each group of joints its own topic`);
    order = places;
    if (state.orders.size < 16) state.orders.set(key, order);
  }
  return order;
}

function toTextItem(key: string, texts: TopicState['texts']): EpisodeItem {
  return { kind: 'text', key, values: texts.values, timesS: Float64Array.from(texts.timesS) };
}
