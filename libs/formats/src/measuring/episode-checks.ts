import type { CameraSpec, SignalSpec } from '../dataset-source.js';
import type { FindingLog, FindingPlace } from '../findings.js';
import type { ClockMeter } from './clock-meter.js';
import type { PictureFault, PictureMeter } from './picture-meter.js';
import type { SignalMeter } from './signal-meter.js';

/** Repeated rows at the end that are worth a word: short rests are natural. */
const MIN_PADDED_ROWS = 10;

/** How much of a stream an episode has. */
export interface StreamCount {
  readonly spec: SignalSpec | CameraSpec;
  readonly count: number;
  readonly isCamera: boolean;
}

/** The checks that every format is put to, for one episode. A fault of a kind is said once per stream. */
export class EpisodeChecks {
  private readonly said = new Set<string>();
  private readonly placeholdersBefore: number;

  constructor(
    private readonly log: FindingLog,
    private readonly place: FindingPlace,
  ) {
    this.placeholdersBefore = log.countOf('EMPTY_CAMERA_PLACEHOLDER');
  }

  /**
   * Decides how many frames the episode has, and says which streams disagree: the rows of the reference stream; else what
   * was announced, if a stream on the clock of frames has as many; else what most of those streams have; else the
   * longest stream.
   */
  framesOf(counts: readonly StreamCount[], referenceKey: string | null, announced: number | null): number {
    const onFrames = counts.filter(({ spec }) => spec.clock === 'frames');
    const reference = counts.find(({ spec, count }) => spec.key === referenceKey && count > 0);
    const frames =
      reference?.count ??
      onFrames.find(({ count }) => count > 0 && count === announced)?.count ??
      mostFrequent(onFrames.map(({ count }) => count)) ??
      counts.reduce((most, { count }) => Math.max(most, count), 0);
    if (frames === 0) {
      this.log.add('EMPTY_EPISODE', 'an episode has no frame', this.place);
      return 0;
    }
    if (announced !== null && announced !== frames)
      this.log.add('FRAME_COUNT_MISMATCH', 'an episode has another number of frames than is announced', {
        ...this.place,
        expected: `${announced} frames`,
        actual: `${frames} frames`,
      });
    for (const stream of onFrames) if (stream.count !== frames) this.sayCount(stream, frames);
    return frames;
  }

  checkNumbers(signal: SignalMeter): void {
    if (signal.firstNonFiniteRow < 0) return;
    this.log.add('NAN_OR_INF', `${signal.spec.key} has a value that is not a finite number`, {
      ...this.place,
      row: signal.firstNonFiniteRow,
    });
  }

  checkWidth({ spec, width }: SignalMeter, rows: number, values: number): void {
    this.once(`width ${spec.key}`, () =>
      this.log.add('FEATURE_SHAPE_MISMATCH', `${spec.key} has rows of another shape than announced`, {
        ...this.place,
        expected: `${rows} x ${width} values`,
        actual: `${values} values`,
      }),
    );
  }

  checkClock(key: string, clock: ClockMeter): void {
    if (clock.firstNonFinite >= 0) {
      this.log.add('NAN_OR_INF', `a time of ${key} is not a finite number`, {
        ...this.place,
        row: clock.firstNonFinite,
      });
    } else if (clock.firstFault >= 0) {
      this.log.add('TIMESTAMP_NOT_MONOTONIC', `the clock of ${key} stands or goes backwards`, {
        ...this.place,
        row: clock.firstFault,
        actual: `${clock.finish().faults} of ${clock.count} samples`,
      });
    }
  }

  checkPicture(camera: CameraSpec, picture: number, { code, message, ...detail }: PictureFault): void {
    this.once(`${code} ${camera.key}`, () =>
      this.log.add(code, message, { ...detail, ...this.place, camera: camera.name, row: picture }),
    );
  }

  checkStillness({ spec, stillness, pictures }: PictureMeter): void {
    if (stillness === 'black') {
      // Some formats tell of absent cameras themselves; their readers have said it then.
      if (this.log.countOf('EMPTY_CAMERA_PLACEHOLDER') > this.placeholdersBefore) return;
      this.log.addOnce(
        spec.key,
        'EMPTY_CAMERA_PLACEHOLDER',
        'a camera shows nothing in an episode: a placeholder stands for it, or its lens was covered',
        { ...this.place, camera: spec.name },
      );
    } else if (stillness === 'frozen') {
      this.log.add('FROZEN_VIDEO', 'every picture of a camera is the same: it did not run', {
        ...this.place,
        camera: spec.name,
        actual: `${pictures} equal pictures`,
      });
    }
  }

  checkTail(paddedTail: number, frames: number): void {
    if (paddedTail < MIN_PADDED_ROWS) return;
    this.log.add('PADDED_TAIL', 'the end of an episode repeats its last row: it was filled up to a fixed length', {
      ...this.place,
      actual: `${paddedTail} of ${frames} frames`,
    });
  }

  private sayCount({ spec, count, isCamera }: StreamCount, frames: number): void {
    const place = { ...this.place, expected: `${frames} frames`, actual: `${count}` };
    if (isCamera)
      this.log.add('VIDEO_FRAME_MISMATCH', 'a camera has another number of frames than the episode has rows', {
        ...place,
        camera: 'name' in spec ? spec.name : spec.key,
      });
    else if (count === 0) this.log.add('FEATURE_MISSING', `${spec.key} has no rows in an episode`, place);
    else this.log.add('LENGTH_MISMATCH', `${spec.key} has another number of rows than the episode has frames`, place);
  }

  private once(key: string, say: () => void): void {
    if (this.said.has(key)) return;
    this.said.add(key);
    say();
  }
}

/** The number above 0 that occurs most; of several, the largest. */
function mostFrequent(counts: readonly number[]): number | undefined {
  const seen = new Map<number, number>();
  for (const count of counts) if (count > 0) seen.set(count, (seen.get(count) ?? 0) + 1);
  return [...seen].sort(([a, x], [b, y]) => y - x || b - a)[0]?.[0];
}
