import type { CameraSpec, ImageItem } from '@app/formats';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { CLIP_BOX, fitInto } from '../look/preview-policy.rules.js';
import type { Size } from '../look/preview-policy.rules.js';

/** 8K: more than any camera on a robot has; a small file can claim a billion. */
const MAX_PIXELS = 8192 * 4320;
/** Good enough to be coded again. */
const JPEG_QUALITY = 90;

// One picture at a time, nothing remembered: the memory of a cage is small.
sharp.concurrency(1);
sharp.cache(false);

/** Why a picture cannot be drawn. */
export class BadPicture extends Error {}

/** Distances in the first picture of a camera: later ones are drawn on the same scale, or the clip would flicker. */
export interface DepthScale {
  readonly near: number;
  readonly far: number;
}

/**
 * One recorded picture as a JPEG of clip size, upright and in colours that a screen has.
 * @throws BadPicture where the bytes are no such picture
 */
export async function drawPicture(item: ImageItem, camera: CameraSpec, scale: DepthScale | null): Promise<Buffer> {
  if (item.width * item.height > MAX_PIXELS) throw new BadPicture(`${item.width}x${item.height} pixels are too many`);
  const size = fitInto(CLIP_BOX, item);
  try {
    const picture = openPicture(item, camera, scale);
    const upright = camera.isFlipped ? picture.flip() : picture;
    return await upright
      .resize({ ...size, fit: 'fill' })
      .flatten()
      .toColourspace('srgb')
      .jpeg({ quality: JPEG_QUALITY })
      .toBuffer();
  } catch (error) {
    if (error instanceof BadPicture) throw error;
    throw new BadPicture(error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error));
  }
}

/** Whether pictures of this coding can be opened here. */
export function canDraw({ encoding }: ImageItem): boolean {
  return encoding !== 'jxl';
}

function openPicture(item: ImageItem, camera: CameraSpec, scale: DepthScale | null): Sharp {
  const { width, height, encoding, bytes } = item;
  switch (encoding) {
    case 'rgb8':
      return raw(bytes, item, 3);
    case 'bgr8':
      return raw(bytes, item, 3).recomb([
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ]);
    case 'gray8':
      return raw(bytes, item, 1);
    case 'gray16le':
    case 'depth32f':
      return raw(toGray(depthsOf(item), scale ?? depthScaleOf(item)), { width, height }, 1);
    default: {
      const picture = sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error', animated: false });
      // Depths in a PNG of 16 bits fill a small part of them.
      return camera.kind === 'depth' ? picture.normalise() : picture;
    }
  }
}

function raw(bytes: Uint8Array, { width, height }: Size, channels: 1 | 3): Sharp {
  if (bytes.length < width * height * channels) {
    throw new BadPicture(`${bytes.length} bytes are too few for ${width}x${height} pixels`);
  }
  return sharp(bytes.subarray(0, width * height * channels), { raw: { width, height, channels } });
}

function depthsOf({ encoding, bytes, width, height }: ImageItem): Uint16Array | Float32Array {
  const count = width * height;
  const bytesEach = encoding === 'depth32f' ? 4 : 2;
  if (bytes.length < count * bytesEach) {
    throw new BadPicture(`${bytes.length} bytes are too few for ${width}x${height} depths`);
  }
  // Copied, because a view must begin at a multiple of its element.
  const own = bytes.slice(0, count * bytesEach).buffer;
  return encoding === 'depth32f' ? new Float32Array(own) : new Uint16Array(own);
}

/** The span between the 2nd and the 98th of a hundred depths; nothing measured (0) is left out. */
export function depthScaleOf(item: ImageItem): DepthScale | null {
  if (item.encoding !== 'gray16le' && item.encoding !== 'depth32f') return null;
  const depths = depthsOf(item).filter((depth: number) => depth > 0 && Number.isFinite(depth));
  depths.sort();
  const near = depths[Math.floor(depths.length * 0.02)] ?? 0;
  const far = depths[Math.floor(depths.length * 0.98)] ?? 1;
  return { near, far: far > near ? far : near + 1 };
}

function toGray(depths: Uint16Array | Float32Array, scale: DepthScale | null): Uint8Array {
  const { near, far } = scale ?? { near: 0, far: 1 };
  const gray = new Uint8Array(depths.length);
  // Near is bright, as on every depth camera's own screen; what was not measured is black.
  for (let i = 0; i < depths.length; i += 1) {
    const depth = depths[i] ?? 0;
    const share = (depth - near) / (far - near);
    gray[i] = depth > 0 && Number.isFinite(depth) ? 255 - 215 * Math.min(1, Math.max(0, share)) : 0;
  }
  return gray;
}
