import type { ImageItem } from '../dataset-source.js';
import { Defect } from '../defect.js';
import { readImageHeader } from '../images/image-header.js';
import type { MessagePart, PicturePart } from './message-part.js';
import { bytes, number, text } from './message-part.js';
import type { Fields } from './ros-message.js';

/** image_transport's compressedDepth: enum, depthQuantA and depthQuantB before the PNG. */
const COMPRESSED_DEPTH_HEADER = 12;

interface RawLayout {
  readonly encoding: ImageItem['encoding'];
  readonly camera: PicturePart['camera'];
  readonly depthUnit?: 'm' | 'mm';
  /** Bytes of one pixel as stored. */
  readonly stored: number;
  /** Bytes that are kept of it: an alpha channel is left out. */
  readonly kept: number;
}

const raw = (
  encoding: ImageItem['encoding'],
  stored: number,
  kept = stored,
  camera: PicturePart['camera'] = 'rgb',
  depthUnit?: 'm' | 'mm',
): RawLayout => ({ encoding, stored, kept, camera, ...(depthUnit ? { depthUnit } : {}) });

/** @see https://github.com/ros2/common_interfaces/blob/jazzy/sensor_msgs/include/sensor_msgs/image_encodings.hpp */
const RAW_LAYOUTS: Readonly<Record<string, RawLayout>> = {
  rgb8: raw('rgb8', 3),
  bgr8: raw('bgr8', 3),
  // OpenCV's own order.
  '8UC3': raw('bgr8', 3),
  rgba8: raw('rgb8', 4, 3),
  bgra8: raw('bgr8', 4, 3),
  mono8: raw('gray8', 1),
  '8UC1': raw('gray8', 1),
  '16UC1': raw('gray16le', 2, 2, 'depth', 'mm'),
  '32FC1': raw('depth32f', 4, 4, 'depth', 'm'),
  mono16: raw('gray16le', 2, 2, 'infrared'),
};

/** sensor_msgs/Image and foxglove.RawImage: rows of pixels, maybe padded, maybe big endian. */
export function rawPicture(message: Fields): MessagePart[] {
  const name = text(message, 'encoding');
  const layout = Object.hasOwn(RAW_LAYOUTS, name) ? RAW_LAYOUTS[name] : undefined;
  if (!layout)
    throw new Defect(
      'CODEC_UNSUPPORTED',
      `pictures of encoding "${name.slice(0, 40)}" are not read: record rgb8, bgr8, mono8, 16UC1 or 32FC1`,
    );
  const width = number(message, 'width');
  const height = number(message, 'height');
  const step = number(message, 'step') || width * layout.stored;
  const data = bytes(message, 'data');
  if (!(width > 0 && height > 0) || step < width * layout.stored || step * height > data.byteLength)
    throw new Defect('IMAGE_INVALID', 'a picture has fewer bytes than its size asks for', {
      expected: `${width} x ${height}, ${step} bytes a row`,
      actual: `${data.byteLength} bytes`,
    });
  const isBigEndian = number(message, 'is_bigendian') !== 0 && layout.camera !== 'rgb';
  return [
    {
      kind: 'picture',
      encoding: layout.encoding,
      camera: layout.camera,
      ...(layout.depthUnit ? { depthUnit: layout.depthUnit } : {}),
      width,
      height,
      bytes: tighten(data, width, height, step, layout, isBigEndian),
    },
  ];
}

/** Rows without padding, alpha or foreign byte order. A view where nothing has to change. */
function tighten(
  data: Uint8Array,
  width: number,
  height: number,
  step: number,
  { stored, kept }: RawLayout,
  isBigEndian: boolean,
): Uint8Array {
  if (step === width * kept && !isBigEndian) return data.subarray(0, step * height);
  const out = new Uint8Array(width * height * kept);
  let end = 0;
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const at = row * step + column * stored;
      for (let k = 0; k < kept; k += 1) out[end++] = data[at + (isBigEndian ? kept - 1 - k : k)] ?? 0;
    }
  }
  return out;
}

/** sensor_msgs/CompressedImage and foxglove.CompressedImage. What the bytes are counts, not what `format` says. */
export function codedPicture(message: Fields): MessagePart[] {
  const format = text(message, 'format');
  let data = bytes(message, 'data');
  const isDepthTransport = format.includes('compressedDepth');
  if (isDepthTransport) {
    if (format.includes('32FC1'))
      throw new Defect(
        'CODEC_UNSUPPORTED',
        'quantized inverse depth (32FC1 compressedDepth) is not read: record 16UC1',
      );
    data = data.subarray(COMPRESSED_DEPTH_HEADER);
  }
  const header = readImageHeader(data);
  if (header)
    return [
      {
        kind: 'picture',
        encoding: header.codec,
        width: header.width,
        height: header.height,
        bytes: data,
        ...(isDepthTransport || header.isDepthLike ? { camera: 'depth', depthUnit: 'mm' } : { camera: 'rgb' }),
      },
    ];
  if (/^(jpe?g|png)$/i.test(format) || isDepthTransport || data.byteLength === 0 || /jpe?g|png/i.test(format))
    throw new Defect('IMAGE_INVALID', 'a picture is neither a whole JPEG nor PNG', {
      expected: format.slice(0, 80),
      actual: `${data.byteLength} bytes`,
    });
  throw new Defect('CODEC_UNSUPPORTED', `pictures of format "${format.slice(0, 40)}" are not read: record JPEG or PNG`);
}
