import type { CameraSpec, ImageItem } from '@app/formats';
import sharp from 'sharp';
import type { Sharp } from 'sharp';

/** A wall-sized picture; the bytes of a header are cheap to forge. */
export const MAX_PIXELS = 64 * 2 ** 20;
const MM_PER_M = 1000;
const MAX_DEPTH_MM = 65_535;

// One picture at a time, and none kept: this runs beside encoders, within one small budget.
sharp.concurrency(1);
sharp.cache(false);

/** A picture as rows of red, green, blue. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** A picture that cannot be decoded. */
export class PictureUnreadable extends Error {}

/** Decodes any picture to 8-bit colours, upright. @throws PictureUnreadable */
export async function toRgb(picture: ImageItem, isFlipped: boolean): Promise<RgbPicture> {
  const { width, height } = picture;
  const rgb = rawRgb(picture);
  if (rgb && !isFlipped) return { width, height, rgb };
  return reading(picture, async () => {
    const image = rgb ? sharp(rgb, { raw: { width, height, channels: 3 } }) : encoded(picture);
    const { data, info } = await (isFlipped ? image.flip() : image)
      .removeAlpha()
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== 3) throw new Error(`it has ${info.channels} channels`);
    return { width: info.width, height: info.height, rgb: data };
  });
}

/** Scales a picture to the size of the others of its camera. */
export async function toSize(picture: RgbPicture, width: number, height: number): Promise<RgbPicture> {
  const raw = { width: picture.width, height: picture.height, channels: 3 } as const;
  const rgb = await sharp(picture.rgb, { raw }).resize(width, height, { fit: 'fill' }).raw().toBuffer();
  return { width, height, rgb };
}

/** A picture to be embedded, and whether its numbers are those of the source. */
export interface EmbeddedPicture {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Depth in float metres was rounded to whole millimetres. */
  readonly isRounded: boolean;
}

/** PNG and JPEG stay as they are, byte by byte; everything else becomes PNG, depth with 16 bits. @throws PictureUnreadable */
export async function toEmbedded(picture: ImageItem, spec: CameraSpec): Promise<EmbeddedPicture> {
  const { width, height, encoding, bytes } = picture;
  const channels = spec.kind === 'depth' ? 1 : 3;
  if ((encoding === 'png' || encoding === 'jpeg') && !spec.isFlipped)
    return { bytes, width, height, channels, isRounded: false };
  return reading(picture, async () => {
    if (encoding === 'gray16le' || encoding === 'depth32f') {
      need(picture, encoding === 'gray16le' ? 2 : 4);
      const depth = encoding === 'gray16le' ? gray16(bytes) : millimetres(bytes, spec.depthUnit ?? 'm');
      const image = sharp(depth, { raw: { width, height, channels: 1 } });
      const png = await (spec.isFlipped ? image.flip() : image).toColourspace('grey16').png().toBuffer();
      return { bytes: png, width, height, channels, isRounded: encoding === 'depth32f' };
    }
    const rgb = await toRgb(picture, spec.isFlipped ?? false);
    const raw = { width: rgb.width, height: rgb.height, channels: 3 } as const;
    return {
      bytes: await sharp(rgb.rgb, { raw }).png().toBuffer(),
      width: rgb.width,
      height: rgb.height,
      channels: 3,
      isRounded: false,
    };
  });
}

/** Values of an embedded depth picture, or null for colours. For statistics. @throws PictureUnreadable */
export async function depthValues(item: ImageItem, picture: EmbeddedPicture): Promise<Uint16Array | null> {
  if (picture.channels !== 1) return null;
  return reading(item, async () => {
    const { data, info } = await encoded(picture)
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    return info.channels === 1 ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : null;
  });
}

function encoded(picture: { readonly bytes: Uint8Array }): Sharp {
  return sharp(picture.bytes, { limitInputPixels: MAX_PIXELS, failOn: 'error' });
}

/** Pictures that need no decoder; null for those that do. */
function rawRgb(picture: ImageItem): Uint8Array | null {
  const { encoding, bytes, width, height } = picture;
  const pixels = width * height;
  if (encoding === 'rgb8') {
    need(picture, 3);
    return bytes.slice(); // the reader may use its buffer again while this one is on its way to the encoder
  }
  if (encoding !== 'bgr8' && encoding !== 'gray8' && encoding !== 'gray16le' && encoding !== 'depth32f') return null;
  const rgb = new Uint8Array(pixels * 3);
  if (encoding === 'bgr8') {
    need(picture, 3);
    for (let i = 0; i < rgb.length; i += 3) {
      rgb[i] = bytes[i + 2] ?? 0;
      rgb[i + 1] = bytes[i + 1] ?? 0;
      rgb[i + 2] = bytes[i] ?? 0;
    }
    return rgb;
  }
  const step = encoding === 'gray8' ? 1 : encoding === 'gray16le' ? 2 : 4;
  need(picture, step);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < pixels; i += 1) {
    const value =
      step === 1
        ? (bytes[i] ?? 0)
        : step === 2
          ? view.getUint16(2 * i, true) >> 8
          : Math.min(255, Math.max(0, view.getFloat32(4 * i, true) * 25.5));
    rgb.fill(value, 3 * i, 3 * i + 3);
  }
  return rgb;
}

function need({ bytes, width, height }: ImageItem, bytesPerPixel: number): void {
  if (width * height > MAX_PIXELS || bytes.byteLength !== width * height * bytesPerPixel)
    throw new PictureUnreadable(`a raw picture of ${width}x${height} has ${bytes.byteLength} bytes`);
}

function gray16(bytes: Uint8Array): Uint16Array {
  // Aligned, and in the machine's own order on every machine that Node runs on.
  return new Uint16Array(bytes.slice().buffer);
}

/** Whole millimetres; what is not a number, negative or out of reach is 0, "no measurement". */
function millimetres(bytes: Uint8Array, unit: 'm' | 'mm'): Uint16Array {
  const values = new Float32Array(bytes.slice().buffer);
  const scale = unit === 'm' ? MM_PER_M : 1;
  return Uint16Array.from(values, (value) => {
    const depthMm = Math.round(value * scale);
    return depthMm > 0 && depthMm <= MAX_DEPTH_MM ? depthMm : 0;
  });
}

async function reading<T>(picture: ImageItem, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PictureUnreadable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new PictureUnreadable(
      `a picture of camera ${picture.camera} (${picture.encoding}) cannot be decoded: ${why}`,
    );
  }
}
