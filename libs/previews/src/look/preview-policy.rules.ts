/** How many episodes anyone may look into without a licence: enough to judge the pictures, no shop window of the whole. */
const MAX_EPISODES = 3;
/** Share of a version's frames that samples may show in total. A tenth of a set trains nothing of use. */
const MAX_SHARE_OF_FRAMES = 0.1;
/** Longest clip, s. */
const MAX_CLIP_S = 60;
/** So much is shown however small the set is, s: three glimpses at a movement, or one look. */
const LEAST_SHOWN_S = 5;
/** Largest clip, px. A quarter of the usual 640x480: good to judge by, poor to train on. */
export const CLIP_BOX = { width: 426, height: 240 };
export const POSTER_BOX = { width: 320, height: 240 };
export const TILE_BOX = { width: 160, height: 120 };

/** What is known of an episode before it is opened. */
export interface MeasuredEpisode {
  readonly index: number;
  readonly sourceKey: string;
  readonly frames: number;
  readonly durationS: number;
}

/** The beginning of an episode that is shown. */
export interface SamplePick extends MeasuredEpisode {
  /** Shown frames, from its first. */
  readonly shownFrames: number;
  /** The same in seconds, for streams with clocks of their own. */
  readonly shownS: number;
}

/** The set's totals, as measured. */
export interface SampledSet {
  readonly frames: number;
  readonly durationS: number;
}

/**
 * Which parts of a version its previews may show. It follows from measured facts alone, so a provider cannot widen it.
 * The candidates are, in order of preference, the episode of median length, the first and the last: the beginning and the
 * end of the recording, and what is typical between them.
 */
export function pickSamples(set: SampledSet, candidates: readonly MeasuredEpisode[]): SamplePick[] {
  const distinct = candidates.filter(
    (one, at) => one.frames > 0 && candidates.findIndex((other) => other.index === one.index) === at,
  );
  const rateHz = set.durationS > 0 ? set.frames / set.durationS : 0;
  // Without a clock there are no seconds: thirty frames then count as one.
  const perSecond = rateHz > 0 && Number.isFinite(rateHz) ? rateHz : 30;
  const least = Math.max(1, Math.floor(LEAST_SHOWN_S * perSecond));
  const longest = Math.max(1, Math.floor(MAX_CLIP_S * perSecond));
  const budget = Math.max(Math.floor(MAX_SHARE_OF_FRAMES * set.frames), least);
  const shown = distinct.slice(0, Math.min(MAX_EPISODES, budget));
  const share = Math.min(Math.floor(budget / shown.length), longest);
  return shown.map((episode) => toPick(episode, share, perSecond)).sort((a, b) => a.index - b.index);
}

function toPick(episode: MeasuredEpisode, share: number, perSecond: number): SamplePick {
  const shownFrames = Math.min(episode.frames, share);
  const frameS = episode.durationS > 0 ? episode.durationS / episode.frames : 1 / perSecond;
  return { ...episode, shownFrames, shownS: Math.min(shownFrames * frameS, MAX_CLIP_S) };
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size of a picture inside a box: never enlarged, never odd (H.264 halves its colours). */
export function fitInto(box: Size, { width, height }: Size): Size {
  const scale = Math.min(1, box.width / width, box.height / height);
  const even = (length: number): number => Math.max(2, 2 * Math.floor((length * scale) / 2));
  return { width: even(width), height: even(height) };
}
