import type { CameraSpec, SignalSpec } from '../dataset-source.js';
import { Defect } from '../defect.js';
import type { Decode } from './message-decoder.js';
import { decoderFor } from './message-decoder.js';
import type { MessagePart, NumberPart } from './message-part.js';
import { frameOf } from './message-part.js';
import { useOf } from './message-type.js';
import type { Channel } from './recording.js';
import type { Fields } from './ros-message.js';
import { cameraNameOf, cameraSpaceOf, roleOfSignal } from './topic-name.js';

/** Robots have tens of signals. */
const MAX_STREAMS = 1000;
const MAX_CHANNELS = 4096;

/** What the messages of one topic become over the whole dataset; the first message that was seen decides. */
export interface TopicStreams {
  readonly type: string;
  readonly signals: Map<string, SignalSpec>;
  camera: CameraSpec | null;
  hasText: boolean;
}

/** How the messages of one channel are read. */
export interface ChannelReading {
  readonly decode: Decode;
  readonly parts: (message: Fields) => MessagePart[];
}

/** The streams of a dataset, learned from the first message of every topic. */
export class StreamBook {
  private readonly topics = new Map<string, TopicStreams>();
  private readonly calibrated = new Set<string>();
  private readonly readings = new WeakMap<Channel, ChannelReading | string | null>();
  private streams = 0;

  /** How to read a channel, or why its messages are left out; null for calibration, which is only noted. */
  readingOf(channel: Channel): ChannelReading | string | null {
    let reading = this.readings.get(channel);
    if (reading === undefined) {
      reading = this.prepare(channel);
      this.readings.set(channel, reading);
    }
    return reading;
  }

  /** The streams of a topic; undefined until its first message was learned. */
  streamsOf(topic: string): TopicStreams | undefined {
    return this.topics.get(topic);
  }

  /** Learns the streams of a topic from a message. A topic that gave none (an empty JointState) is asked again. */
  learn(channel: Channel, message: Fields, parts: readonly MessagePart[]): void {
    if (this.topics.has(channel.topic) || parts.length === 0 || this.streams >= MAX_STREAMS) return;
    const streams: TopicStreams = { type: channel.type, signals: new Map(), camera: null, hasText: false };
    for (const part of parts) {
      this.streams += 1;
      if (part.kind === 'numbers') streams.signals.set(part.suffix, toSignal(channel, part, frameOf(message)));
      else if (part.kind === 'text') streams.hasText = true;
      else {
        streams.camera = {
          key: channel.topic,
          name: cameraNameOf(channel.topic),
          kind: part.camera,
          carrier: 'images',
          width: part.width,
          height: part.height,
          nominalRateHz: null,
          clock: 'own',
          declaredCodec: null,
          ...(part.depthUnit ? { depthUnit: part.depthUnit } : {}),
        };
      }
    }
    this.topics.set(channel.topic, streams);
  }

  /** In the order of the topics' names. */
  get signals(): SignalSpec[] {
    return this.sorted().flatMap(([topic, { signals, hasText }]) => [
      ...signals.values(),
      ...(hasText ? [toText(topic)] : []),
    ]);
  }

  get cameras(): CameraSpec[] {
    const cameras = this.sorted().flatMap(([, { camera }]) => (camera ? [camera] : []));
    const names = cameras.map(({ name }) => name);
    return cameras.map((camera, i) => ({
      ...camera,
      // Colour and depth of one camera may lie under names that shorten to the same.
      name: names.indexOf(camera.name) === i ? camera.name : camera.key.replace(/^\//, '').replaceAll('/', '_'),
      ...(this.calibrated.has(cameraSpaceOf(camera.key)) ? { hasIntrinsics: true } : {}),
    }));
  }

  private prepare(channel: Channel): ChannelReading | string | null {
    const use = useOf(channel.type);
    if (use.kind === 'skipped') return use.reason;
    if (use.kind === 'calibration') {
      if (this.calibrated.size < MAX_CHANNELS) this.calibrated.add(cameraSpaceOf(channel.topic));
      return null;
    }
    try {
      return { decode: decoderFor(channel), parts: use.parts };
    } catch (error) {
      if (!(error instanceof Defect)) throw error;
      return error.message;
    }
  }

  private sorted(): [string, TopicStreams][] {
    return [...this.topics].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

function toSignal(channel: Channel, part: NumberPart, frame: string | null): SignalSpec {
  const key = channel.topic + part.suffix;
  return {
    key,
    role: roleOfSignal(key),
    dtype: part.dtype,
    shape: [part.values.length],
    names: part.names.map((name) => name.slice(0, 200)),
    unit: part.unit,
    ...(frame ? { frame } : {}),
    clock: 'own',
    nominalRateHz: null,
    ...(part.suffix === '' ? {} : { source: channel.topic }),
  };
}

function toText(topic: string): SignalSpec {
  return {
    key: topic,
    role: 'language',
    dtype: 'string',
    shape: [],
    names: [],
    unit: { value: null, reason: 'it is text' },
    clock: 'own',
    nominalRateHz: null,
  };
}
