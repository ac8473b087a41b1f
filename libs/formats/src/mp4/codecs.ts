import type { Box } from './boxes.js';
import { boxesIn, fourCc } from './boxes.js';

/** Coding of a video track as its sample entry says. */
export interface VideoCoding {
  readonly codec: string;
  readonly pixFmt: string | null;
  readonly width: number;
  readonly height: number;
}

const CODEC_OF_ENTRY: Record<string, string> = {
  avc1: 'h264',
  avc3: 'h264',
  av01: 'av1',
  mp4v: 'mpeg4',
  hev1: 'hevc',
  hvc1: 'hevc',
  vp09: 'vp9',
  vp08: 'vp8',
  mjpa: 'mjpeg',
  jpeg: 'mjpeg',
};

const CODEC_OF_NAME: Record<string, string> = {
  h264: 'h264',
  avc: 'h264',
  avc1: 'h264',
  libx264: 'h264',
  h264_nvenc: 'h264',
  hevc: 'hevc',
  h265: 'hevc',
  libx265: 'hevc',
  hev1: 'hevc',
  hvc1: 'hevc',
  hevc_nvenc: 'hevc',
  av1: 'av1',
  av01: 'av1',
  libsvtav1: 'av1',
  libaom: 'av1',
  'libaom-av1': 'av1',
  mpeg4: 'mpeg4',
  mp4v: 'mpeg4',
  vp9: 'vp9',
  vp09: 'vp9',
  vp8: 'vp8',
  mjpeg: 'mjpeg',
  mjpg: 'mjpeg',
};

/** Codecs that browsers and the training loaders play. */
export const USUAL_CODECS: ReadonlySet<string> = new Set(['h264', 'hevc', 'av1', 'vp9']);

/** One name per codec, whatever an encoder called it. */
export function toCodecName(name: string): string {
  return CODEC_OF_NAME[name.toLowerCase()] ?? name.toLowerCase();
}

/** Reads the first sample entry of an stsd box. @see ISO/IEC 14496-12, section 12.1.3 */
export function readVideoCoding(view: DataView, stsd: Box): VideoCoding | null {
  if (stsd.end - stsd.start < 8 + 8 + 78) return null;
  const entry = stsd.start + 8;
  const entryEnd = Math.min(entry + view.getUint32(entry), stsd.end);
  if (entryEnd - entry < 86) return null;
  const fourcc = fourCc(view, entry + 4);
  const codec = CODEC_OF_ENTRY[fourcc] ?? fourcc.trim().toLowerCase();
  return {
    codec,
    pixFmt: pixelFormat(view, entry + 86, entryEnd),
    width: view.getUint16(entry + 32),
    height: view.getUint16(entry + 34),
  };
}

/** Sampling and depth from the codec's own configuration record; null where the record does not say. */
function pixelFormat(view: DataView, start: number, end: number): string | null {
  for (const box of boxesIn(view, start, end)) {
    const length = box.end - box.start;
    if (box.type === 'av1C' && length >= 4) {
      const flags = view.getUint8(box.start + 2);
      const depth = flags & 0x40 ? (flags & 0x20 ? 12 : 10) : 8;
      if (flags & 0x10) return named('gray', depth);
      return named(flags & 0x08 ? (flags & 0x04 ? 'yuv420p' : 'yuv422p') : 'yuv444p', depth);
    }
    if (box.type === 'avcC' && length >= 4) {
      const profile = view.getUint8(box.start + 1);
      return (
        {
          66: 'yuv420p',
          77: 'yuv420p',
          88: 'yuv420p',
          100: 'yuv420p',
          110: 'yuv420p10le',
          122: 'yuv422p',
          244: 'yuv444p',
        }[profile] ?? null
      );
    }
    if (box.type === 'hvcC' && length >= 18) {
      const chroma = view.getUint8(box.start + 16) & 3;
      const depth = (view.getUint8(box.start + 17) & 7) + 8;
      return named(['gray', 'yuv420p', 'yuv422p', 'yuv444p'][chroma] ?? 'yuv420p', depth);
    }
    if (box.type === 'vpcC' && length >= 7) {
      const packed = view.getUint8(box.start + 6);
      const chroma = (packed >> 1) & 7;
      return named(chroma <= 1 ? 'yuv420p' : chroma === 2 ? 'yuv422p' : 'yuv444p', packed >> 4);
    }
  }
  return null;
}

function named(base: string, depth: number): string {
  return depth > 8 ? `${base}${depth}le` : base;
}
