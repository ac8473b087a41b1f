import type { EpisodeItem, SignalSpec } from '@app/formats';
import type { SamplePick } from '../look/preview-policy.rules.js';
import { channelName, rounded } from './charts.js';
import type { ChannelHistogram } from './charts.js';
import { histogram } from './histogram.js';
import { lttb } from './lttb.js';
import type { Line } from './lttb.js';

const POINTS = 300;
const BINS = 32;
const MAX_SIGNALS = 16;
const MAX_CHANNELS = 64;
/** Numbers kept of one episode: a minute of sixteen channels at a kilohertz. */
const MAX_NUMBERS = 1_000_000;
const FORCE = /force|torque|effort|wrench|tactile|current/i;

type Rows = Extract<EpisodeItem, { kind: 'rows' }>;

/** One signal of a sample episode, thinned for drawing. */
export interface SignalLines {
  readonly key: string;
  readonly role: string;
  readonly unit: string | null;
  readonly channels: (Line & { readonly name: string })[];
}

/** The signals of a sample episode over the seconds that are shown. */
export interface Series {
  readonly shownS: number;
  readonly signals: SignalLines[];
}

interface Kept {
  readonly spec: SignalSpec;
  readonly width: number;
  readonly times: number[];
  readonly values: number[];
  isFull: boolean;
}

/** Whether a signal is one to draw: how the robot stands, what it was told, what it feels. */
function isDrawn({ role, key, dtype, shape }: SignalSpec): boolean {
  if (!/^(float|int|uint|bool)/.test(dtype) || widthOf(shape) > MAX_CHANNELS) return false;
  return role === 'state' || role === 'action' || (role === 'other' && FORCE.test(key));
}

function widthOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Collects the shown part of an episode's signals, in bounded memory. */
export class SampleSignals {
  private readonly kept: Map<string, Kept>;
  private numbers = 0;

  constructor(
    specs: readonly SignalSpec[],
    private readonly pick: SamplePick,
  ) {
    const drawn = specs.filter(isDrawn).slice(0, MAX_SIGNALS);
    this.kept = new Map(
      drawn.map((spec) => [spec.key, { spec, width: widthOf(spec.shape), times: [], values: [], isFull: false }]),
    );
  }

  add({ key, rows, values, timesS }: Rows): void {
    const kept = this.kept.get(key);
    if (!kept || kept.isFull) return;
    const { shownFrames, shownS } = this.pick;
    for (let row = 0; row < rows; row += 1) {
      const number = kept.times.length;
      const timeS = timesS ? (timesS[row] ?? Number.NaN) : (number * shownS) / shownFrames;
      const isShown = timesS ? timeS < shownS : number < shownFrames;
      if (!isShown || this.numbers + kept.width > MAX_NUMBERS) {
        kept.isFull = true;
        return;
      }
      kept.times.push(timeS);
      for (let c = 0; c < kept.width; c += 1) kept.values.push(values[row * kept.width + c] ?? Number.NaN);
      this.numbers += kept.width;
    }
  }

  get isFull(): boolean {
    return [...this.kept.values()].every(({ isFull }) => isFull);
  }

  /** Numbers of one channel, for histograms over several episodes. */
  *channels(): Iterable<{ key: string; channel: string; values: number[] }> {
    for (const { spec, width, values } of this.kept.values()) {
      for (let c = 0; c < width; c += 1) {
        yield {
          key: spec.key,
          channel: channelName(spec.names, c),
          values: values.filter((_, at) => at % width === c),
        };
      }
    }
  }

  series(): Series {
    const signals = [...this.kept.values()].map(({ spec, width, times, values }) => ({
      key: spec.key,
      role: spec.role,
      unit: spec.unit.value,
      channels: Array.from({ length: width }, (_, c) => {
        const line = lttb(
          times,
          values.filter((_, at) => at % width === c),
          POINTS,
        );
        return {
          name: channelName(spec.names, c),
          times: line.times.map(rounded),
          values: line.values.map(rounded),
        };
      }),
    }));
    return { shownS: rounded(this.pick.shownS), signals };
  }
}

/** Histograms of every channel over all sample episodes. */
export class SampleHistograms {
  private readonly values = new Map<string, { key: string; channel: string; values: number[] }>();

  add(signals: SampleSignals): void {
    for (const { key, channel, values } of signals.channels()) {
      const name = JSON.stringify([key, channel]);
      const known = this.values.get(name);
      // Episodes are joined piece by piece: spreading a minute of numbers would overflow the stack.
      if (known) known.values = known.values.concat(values);
      else this.values.set(name, { key, channel, values });
    }
  }

  finish(): ChannelHistogram[] {
    return [...this.values.values()].flatMap(({ key, channel, values }) => {
      const counted = histogram(values, BINS);
      if (!counted) return [];
      return [{ key, channel, min: rounded(counted.min), max: rounded(counted.max), counts: counted.counts }];
    });
  }
}
