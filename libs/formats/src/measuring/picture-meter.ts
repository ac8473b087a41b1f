import { createHash } from 'node:crypto';
import type { CameraSpec, ImageItem } from '../dataset-source.js';
import { readImageHeader } from '../images/image-header.js';
import { ClockMeter } from './clock-meter.js';
import type { ContentHash } from './content-hash.js';
import { GrowingFloats } from './growing.js';

/** Pictures up to this size are compared with the first of their episode. */
const MAX_COMPARED_BYTES = 16 * 2 ** 20;
/** An encoded picture with fewer bytes a pixel than this shows one colour; so does one that is hardly more than its header. */
const PLAIN_BYTES_PER_PIXEL = 0.02;
const PLAIN_BYTES = 1024;
/** No camera has more pixels in a row. */
const MAX_SIDE = 65_535;
/** Fewer pictures than this may well be alike. */
const MIN_PICTURES = 10;

/** Bytes of one pixel where pictures are not encoded. */
const PIXEL_BYTES: Partial<Record<ImageItem['encoding'], number>> = {
  rgb8: 3,
  bgr8: 3,
  gray8: 1,
  gray16le: 2,
  depth32f: 4,
};

/** What is wrong with a picture. */
export interface PictureFault {
  readonly code: 'EMPTY_IMAGE' | 'IMAGE_INVALID' | 'VIDEO_SIZE_MISMATCH';
  readonly message: string;
  readonly expected?: string;
  readonly actual?: string;
}

/** Measures the pictures of one camera in one episode. Nothing is decoded. */
export class PictureMeter {
  pictures = 0;
  readonly clock: ClockMeter | null;
  readonly times: GrowingFloats | null;
  private readonly hash = createHash('sha256');
  private first: (Omit<ImageItem, 'bytes'> & { sizeBytes: number; bytes: Buffer | null }) | null = null;
  private areAlike = true;
  private areBlack = true;

  constructor(
    readonly spec: CameraSpec,
    maxTimes: number,
  ) {
    const isOwn = spec.clock === 'own';
    this.clock = isOwn ? new ClockMeter(maxTimes) : null;
    this.times = isOwn ? new GrowingFloats(maxTimes) : null;
  }

  add(item: ImageItem): PictureFault | null {
    const { bytes, timeS } = item;
    this.pictures += 1;
    if (timeS !== null) {
      this.clock?.addOne(timeS);
      if (Number.isFinite(timeS)) this.times?.push(timeS);
    }
    this.hash.update(bytes);
    if (!isSize(item.width) || !isSize(item.height)) {
      return {
        code: 'IMAGE_INVALID',
        message: 'a picture has no possible size',
        expected: `1 to ${MAX_SIDE} pixels`,
        actual: `${item.width}x${item.height}`,
      };
    }
    this.compare(item);
    const { width, height } = this.first ?? item;
    if (item.width !== width || item.height !== height) {
      return {
        code: 'VIDEO_SIZE_MISMATCH',
        message: 'the pictures of a camera change their size within an episode',
        expected: `${width}x${height}`,
        actual: `${item.width}x${item.height}`,
      };
    }
    return faultOf(item, this.spec);
  }

  /** Whether every picture is black (or empty of measurements), or every one is the same, or neither. */
  get stillness(): 'black' | 'frozen' | null {
    const { first, pictures } = this;
    if (!first || pictures < MIN_PICTURES || !this.areAlike) return null;
    const { encoding, width, height, sizeBytes } = first;
    if (encoding in PIXEL_BYTES) return this.areBlack ? 'black' : 'frozen';
    return sizeBytes < Math.max(PLAIN_BYTES, width * height * PLAIN_BYTES_PER_PIXEL) ? 'black' : 'frozen';
  }

  finish(content: ContentHash): void {
    if (this.pictures > 0) content.addPictures(this.spec.key, this.pictures, this.hash.digest());
  }

  private compare(item: ImageItem): void {
    if (!this.first) {
      // A copy: the reader may use the bytes again for the next picture.
      const sizeBytes = item.bytes.byteLength;
      const bytes = sizeBytes <= MAX_COMPARED_BYTES ? Buffer.from(item.bytes) : null;
      this.first = { ...item, sizeBytes, bytes };
      this.areAlike = bytes !== null;
      this.areBlack = bytes !== null && bytes.every((byte) => byte === 0);
    } else if (this.areAlike) {
      this.areAlike = this.first.bytes?.equals(item.bytes) ?? false;
    }
  }
}

function isSize(side: number): boolean {
  return Number.isInteger(side) && side > 0 && side <= MAX_SIDE;
}

function faultOf(item: ImageItem, spec: CameraSpec): PictureFault | null {
  const { bytes, encoding, width, height } = item;
  if (bytes.byteLength === 0) return { code: 'EMPTY_IMAGE', message: 'a picture has no bytes' };
  if (spec.width !== null && spec.height !== null && (width !== spec.width || height !== spec.height)) {
    return {
      code: 'VIDEO_SIZE_MISMATCH',
      message: 'a picture has another size than declared',
      expected: `${spec.width}x${spec.height}`,
      actual: `${width}x${height}`,
    };
  }
  const pixelBytes = PIXEL_BYTES[encoding];
  if (pixelBytes !== undefined) {
    const expected = width * height * pixelBytes;
    if (bytes.byteLength === expected) return null;
    return {
      code: 'IMAGE_INVALID',
      message: `a picture does not have the bytes of ${width}x${height} pixels of ${encoding}`,
      expected: `${expected} bytes`,
      actual: `${bytes.byteLength} bytes`,
    };
  }
  return encoding === 'jpeg' || encoding === 'png' ? faultOfEncoded(item) : null;
}

function faultOfEncoded({ bytes, encoding, width, height }: ImageItem): PictureFault | null {
  const header = readImageHeader(bytes);
  if (header?.codec !== encoding) {
    return {
      code: 'IMAGE_INVALID',
      message: 'a picture is not what it is said to be, or is cut short',
      expected: encoding,
      actual: header?.codec ?? Buffer.from(bytes.subarray(0, 8)).toString('hex'),
    };
  }
  if (header.width !== width || header.height !== height) {
    return {
      code: 'VIDEO_SIZE_MISMATCH',
      message: 'a picture has another size than is said with it',
      expected: `${width}x${height}`,
      actual: `${header.width}x${header.height}`,
    };
  }
  return null;
}
