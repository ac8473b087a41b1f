import type { ImageItem } from '../dataset-source.js';
import { readImageHeader } from '../images/image-header.js';
import type { Hdf5Dataset } from './hdf5-dataset.js';

/** How an array holds the pictures of one camera. */
export interface PictureLayout {
  readonly kind: 'rgb' | 'depth';
  /** `coded`: every row is a whole JPEG or PNG, padded with zeros to the length of the longest. */
  readonly encoding: 'rgb8' | 'gray8' | 'gray16le' | 'depth32f' | 'coded';
  /** Null until a coded picture was looked into. */
  readonly width: number | null;
  readonly height: number | null;
}

/** A row that is neither tall nor wide enough for a picture is a table. */
const MIN_SIDE = 8;
const CODED_KEY = /image|rgb|cam|depth|color/i;

/** How the array holds pictures; null if it holds something else. */
export function pictureLayout(key: string, dataset: Hdf5Dataset): PictureLayout | null {
  const { dtype, shape } = dataset;
  const isDepth = /depth/i.test(key);
  const [, height = 0, width = 0, channels = 1] = shape;
  if (dtype === 'bytes' && shape.length === 1 && CODED_KEY.test(key)) return coded(isDepth);
  if (dtype === 'uint8' && shape.length === 2 && CODED_KEY.test(key) && dataset.width > 64) return coded(isDepth);
  if (shape.length !== 4 && shape.length !== 3) return null;
  if (height < MIN_SIDE || width < MIN_SIDE) return null;
  if (shape.length === 4 && channels === 3 && dtype === 'uint8')
    return { kind: 'rgb', encoding: 'rgb8', width, height };
  if (channels !== 1) return null;
  if (isDepth && (dtype === 'float32' || dtype === 'float64'))
    return { kind: 'depth', encoding: 'depth32f', width, height };
  if (dtype === 'uint16') return { kind: 'depth', encoding: 'gray16le', width, height };
  return dtype === 'uint8' ? { kind: isDepth ? 'depth' : 'rgb', encoding: 'gray8', width, height } : null;
}

/** The size of coded pictures, from the first one; as it was if they are not readable. */
export function probeCoded(layout: PictureLayout, dataset: Hdf5Dataset): PictureLayout {
  if (layout.encoding !== 'coded' || dataset.rows === 0) return layout;
  const header = readImageHeader(withoutPadding(dataset.bytes(0, 1)));
  return header ? { ...layout, width: header.width, height: header.height } : layout;
}

/** Every picture of an array, in order. `onBad` hears of rows that hold no picture; they are left out. */
export function* picturesOf(
  camera: string,
  dataset: Hdf5Dataset,
  layout: PictureLayout,
  onBad: (row: number, what: 'empty' | 'unreadable') => void,
): Generator<ImageItem> {
  const rowBytes = dataset.width * dataset.valueBytes;
  for (const [from, to] of dataset.blocks()) {
    const block = dataset.bytes(from, to);
    for (let row = from; row < to; row += 1) {
      const bytes = block.subarray((row - from) * rowBytes, (row - from + 1) * rowBytes);
      const base = { kind: 'image', camera, timeS: null } as const;
      if (layout.encoding !== 'coded') {
        const { width, height, encoding } = layout;
        const values = dataset.dtype === 'float64' ? toFloat32(bytes) : bytes;
        yield { ...base, encoding, width: width ?? 0, height: height ?? 0, bytes: values };
        continue;
      }
      const picture = withoutPadding(bytes);
      const header = readImageHeader(picture);
      if (header) yield { ...base, encoding: header.codec, width: header.width, height: header.height, bytes: picture };
      else onBad(row, picture.byteLength === 0 ? 'empty' : 'unreadable');
    }
  }
}

/** No coded picture ends with a zero byte: JPEG ends with FF D9, PNG with the checksum of IEND, AE 42 60 82. */
function withoutPadding(bytes: Uint8Array): Uint8Array {
  let end = bytes.byteLength;
  while (end > 0 && bytes[end - 1] === 0) end -= 1;
  return bytes.subarray(0, end);
}

function coded(isDepth: boolean): PictureLayout {
  return { kind: isDepth ? 'depth' : 'rgb', encoding: 'coded', width: null, height: null };
}

function toFloat32(bytes: Uint8Array): Uint8Array {
  const values = Float32Array.from(new Float64Array(bytes.slice().buffer));
  return new Uint8Array(values.buffer);
}
