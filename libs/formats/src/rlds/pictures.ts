import type { ImageItem } from '../dataset-source.js';
import { Defect } from '../defect.js';
import { readImageHeader } from '../images/image-header.js';
import type { FeatureList } from './example.js';
import { byteStrings, NumberCursor } from './example.js';
import { widthOf } from './features.js';
import type { CameraStream } from './streams.js';
import { checkList, plainBytes } from './tensor-rows.js';

/** The pictures of a camera in one episode, one at a time, each a copy of its own. @throws Defect if they are not as declared. */
export async function* picturesOf(
  record: Uint8Array,
  list: FeatureList,
  camera: CameraStream,
  steps: number,
): AsyncGenerator<ImageItem> {
  checkList(record, list, camera.leaf, steps);
  if (camera.raw) yield* rawPictures(record, list, camera, camera.raw, steps);
  else for (const bytes of byteStrings(record, list)) yield codedPicture(bytes.slice(), camera);
}

function codedPicture(bytes: Uint8Array, { leaf, spec }: CameraStream): ImageItem {
  const header = readImageHeader(bytes);
  const encoding = header?.codec ?? leaf.imageFormat;
  if (encoding !== 'jpeg' && encoding !== 'png')
    throw new Defect('IMAGE_INVALID', `a picture of ${leaf.path} is neither JPEG nor PNG`);
  return {
    kind: 'image',
    camera: spec.key,
    timeS: null,
    encoding,
    width: header?.width ?? spec.width ?? 0,
    height: header?.height ?? spec.height ?? 0,
    bytes,
  };
}

async function* rawPictures(
  record: Uint8Array,
  list: FeatureList,
  { leaf, spec }: CameraStream,
  encoding: ImageItem['encoding'],
  steps: number,
): AsyncGenerator<ImageItem> {
  const size = { width: spec.width ?? 0, height: spec.height ?? 0 };
  const values = widthOf(leaf);
  const cursor = new NumberCursor(record, list);
  const strings = byteStrings(record, list);
  for (let step = 0; step < steps; step += 1) {
    let bytes: Uint8Array;
    if (leaf.encoding === 'none') {
      const numbers = leaf.dtype === 'float32' ? new Float32Array(values) : new Float64Array(values);
      cursor.take(values, numbers);
      const typed = leaf.dtype === 'uint8' ? Uint8Array.from(numbers) : toDepth(numbers);
      bytes = new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength);
    } else {
      const next = strings.next();
      bytes = (await plainBytes(next.done === true ? new Uint8Array(0) : next.value, leaf)).slice();
    }
    yield { kind: 'image', camera: spec.key, timeS: null, encoding, ...size, bytes };
  }
}

function toDepth(numbers: Float32Array | Float64Array): Float32Array | Uint16Array {
  return numbers instanceof Float32Array ? numbers : Uint16Array.from(numbers);
}

/** Coded bytes of 16 x 16 pixels of one colour: 4 with halved colour, 7 with full. Pictures of a camera need many times this. */
const FLAT_TILE_BYTES = 10;

/**
 * True for a JPEG of one flat colour: what datasets put where a camera was absent. Told from the length of its
 * coded blocks, without decoding them.
 */
export function isFlatJpeg(bytes: Uint8Array, width: number, height: number): boolean {
  const scan = startOfScan(bytes);
  if (scan === null) return false;
  const tiles = Math.ceil(width / 16) * Math.ceil(height / 16);
  return bytes.length - scan <= tiles * FLAT_TILE_BYTES + 16;
}

function startOfScan(bytes: Uint8Array): number | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
  for (let at = 2; at + 4 <= bytes.length;) {
    if (bytes[at] !== 0xff) return null;
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    at += 2 + length;
    if (bytes[at - length - 1] === 0xda) return at;
  }
  return null;
}
