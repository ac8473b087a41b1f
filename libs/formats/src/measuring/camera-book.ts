import type { CameraSpec, ImageItem } from '../dataset-source.js';
import type { CameraFact } from '../episode-model.js';
import type { Mp4Video } from '../mp4/mp4.reader.js';

/** How pictures that are not encoded are named, as ffmpeg does. */
const RAW_PIXELS: Partial<Record<ImageItem['encoding'], string>> = {
  rgb8: 'rgb24',
  bgr8: 'bgr24',
  gray8: 'gray',
  gray16le: 'gray16le',
  depth32f: 'grayf32le',
};

/** Adds up what the files and pictures of each camera hold over a set. */
export class CameraBook {
  private readonly facts = new Map<string, CameraFact>();
  private readonly counted = new Map<string, Set<string>>();

  /** Counts a video file once, however many episodes it serves. False if it was counted before. */
  addVideo(spec: CameraSpec, path: string, video: Mp4Video, fileBytes: number): boolean {
    const paths = this.counted.get(spec.key) ?? new Set<string>();
    this.counted.set(spec.key, paths);
    if (paths.has(path)) return false;
    paths.add(path);
    const fact = this.facts.get(spec.key) ?? this.start(spec, video);
    fact.frames += video.frames;
    fact.keyFrames += video.keyFrames;
    fact.bytes += fileBytes;
    return true;
  }

  addPicture(spec: CameraSpec, item: ImageItem): void {
    const fact = this.facts.get(spec.key) ?? this.start(spec, toCoding(item));
    fact.frames += 1;
    fact.keyFrames += 1;
    fact.bytes += item.bytes.byteLength;
  }

  /** @param rateOf the camera's rate, Hz; 0 where nothing tells it */
  toList(rateOf: (camera: string) => number): CameraFact[] {
    return [...this.facts.values()]
      .map((fact) => ({ ...fact, fps: fact.fps || rateOf(fact.key) }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private start(
    spec: CameraSpec,
    seen: { width: number; height: number; codec: string; pixFmt: string | null; fps?: number },
  ): CameraFact {
    const fact: CameraFact = {
      name: spec.name,
      key: spec.key,
      kind: spec.kind,
      carrier: spec.carrier,
      width: seen.width,
      height: seen.height,
      fps: roundRate(seen.fps ?? 0),
      codec: seen.codec,
      declaredCodec: spec.declaredCodec,
      pixFmt: seen.pixFmt,
      frames: 0,
      keyFrames: 0,
      bytes: 0,
      ...(spec.hasIntrinsics === undefined ? {} : { hasIntrinsics: spec.hasIntrinsics }),
      ...(spec.hasExtrinsics === undefined ? {} : { hasExtrinsics: spec.hasExtrinsics }),
      ...(spec.depthUnit ? { depthUnit: spec.depthUnit } : {}),
    };
    this.facts.set(spec.key, fact);
    return fact;
  }
}

function toCoding({ encoding, width, height }: ImageItem) {
  const pixFmt = RAW_PIXELS[encoding] ?? null;
  return { width, height, codec: pixFmt ? 'rawvideo' : encoding, pixFmt };
}

/** Rates from rounded ticks come out as 29.9999; whole ones are whole. */
function roundRate(fps: number): number {
  const whole = Math.round(fps);
  return Math.abs(fps - whole) < 1e-3 ? whole : Math.round(fps * 1000) / 1000;
}
