import type { CameraFact } from '../episode-model.js';
import type { ImageHeader } from '../images/image-header.js';
import type { Mp4Video } from '../mp4/mp4.reader.js';
import { toCodecName } from '../mp4/codecs.js';
import type { Feature } from './features.js';
import { cameraName } from './features.js';

/** Adds up what the files of each camera hold. */
export class CameraTallies {
  private readonly facts = new Map<string, CameraFact>();

  constructor(private readonly fps: number) {}

  addVideo(feature: Feature, video: Mp4Video, fileBytes: number): CameraFact {
    const fact = this.facts.get(feature.key) ?? this.start(feature, { ...video, fps: roundRate(video.fps) });
    fact.frames += video.frames;
    fact.keyFrames += video.keyFrames;
    fact.bytes += fileBytes;
    return fact;
  }

  addImage(feature: Feature, header: ImageHeader, bytes: number): void {
    const fact = this.facts.get(feature.key) ?? this.start(feature, { ...header, pixFmt: null, fps: this.fps });
    fact.frames += 1;
    fact.keyFrames += 1;
    fact.bytes += bytes;
    if (header.isDepthLike) fact.kind = 'depth';
  }

  toList(): CameraFact[] {
    return [...this.facts.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  private start(
    feature: Feature,
    seen: { width: number; height: number; codec: string; pixFmt: string | null; fps: number },
  ): CameraFact {
    const declared = feature.declared['video.codec'] ?? feature.declared.codec;
    const fact: CameraFact = {
      name: cameraName(feature.key),
      key: feature.key,
      kind: feature.isDepth || /depth/i.test(feature.key) ? 'depth' : 'rgb',
      carrier: feature.role === 'video' ? 'video' : 'images',
      width: seen.width,
      height: seen.height,
      fps: seen.fps,
      codec: seen.codec,
      declaredCodec: typeof declared === 'string' ? toCodecName(declared) : null,
      pixFmt: seen.pixFmt,
      frames: 0,
      keyFrames: 0,
      bytes: 0,
    };
    this.facts.set(feature.key, fact);
    return fact;
  }
}

/** Rates from rounded ticks come out as 29.9999; whole ones are whole. */
function roundRate(fps: number): number {
  const whole = Math.round(fps);
  return Math.abs(fps - whole) < 1e-3 ? whole : Math.round(fps * 1000) / 1000;
}
