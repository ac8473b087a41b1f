import type { RenditionTarget } from './rendition-target.js';

/** Kinds of what a standard form does not hold, or holds otherwise than the source. */
export type LossKind =
  | 'pictures_encoded'
  | 'pictures_scaled'
  | 'depth_rounded'
  | 'video_reencoded'
  | 'video_fitted'
  | 'resampled'
  | 'precision_narrowed'
  | 'shape_flattened'
  | 'stream_left_out'
  | 'text_left_out'
  | 'task_missing'
  | 'outcome_left_out';

/** One thing that is not as in the source: what, of which stream, in how many episodes, and how much of it. */
export interface Loss {
  readonly what: LossKind;
  readonly stream?: string;
  readonly episodes: number;
  readonly detail: string;
  /** Sums and worst cases over the episodes, units in the names. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Which feature a stream of the source became. */
export interface Mapping {
  readonly from: string;
  readonly to: string;
  /** Channels of `to` that it fills, half-open, where several streams share one feature. */
  readonly channels?: readonly [number, number];
}

/** What a rendition does not hold of its source. */
export interface LossReport {
  readonly target: RenditionTarget;
  readonly lossless: boolean;
  readonly losses: readonly Loss[];
  readonly mapping: readonly Mapping[];
}

/** How figures of several episodes become one: names that start with `worst` keep the highest, others are added up. */
function joinFigure(name: string, a: number, b: number): number {
  return name.startsWith('worst') ? Math.max(a, b) : a + b;
}

/** Collects losses episode by episode; those of one kind and stream become one line. */
export class LossLog {
  private readonly lines = new Map<string, { loss: Loss; lastEpisode: number | null }>();

  constructor(
    private readonly target: RenditionTarget,
    private readonly mapping: readonly Mapping[],
  ) {}

  /** @param episode index of the episode; null for what concerns the whole set, counted as none. */
  add(
    what: LossKind,
    detail: string,
    {
      stream,
      episode = null,
      figures,
    }: { stream?: string; episode?: number | null; figures?: Record<string, number> } = {},
  ): void {
    const key = `${what}|${stream ?? ''}`;
    const before = this.lines.get(key);
    const isNew = episode !== null && before?.lastEpisode !== episode;
    const joined: Record<string, number> = { ...before?.loss.figures };
    for (const [name, value] of Object.entries(figures ?? {}))
      joined[name] = name in joined ? joinFigure(name, joined[name] ?? 0, value) : value;
    this.lines.set(key, {
      loss: {
        what,
        ...(stream === undefined ? {} : { stream }),
        episodes: (before?.loss.episodes ?? 0) + (isNew ? 1 : 0),
        detail: before?.loss.detail ?? detail,
        ...(Object.keys(joined).length > 0 ? { figures: joined } : {}),
      },
      lastEpisode: episode ?? before?.lastEpisode ?? null,
    });
  }

  finish(): LossReport {
    const losses = [...this.lines.values()].map((line) => line.loss);
    return { target: this.target, lossless: losses.length === 0, losses, mapping: this.mapping };
  }
}
