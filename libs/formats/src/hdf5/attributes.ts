import { Defect } from '../defect.js';
import type { Hdf5Module } from './library.js';

/** Models in XML are a few megabytes; nothing else in an attribute is that long. */
const MAX_ATTRIBUTE_BYTES = 8 * 2 ** 20;

type Value = number | string | readonly (number | string)[] | null;

/** Reads one attribute: whole and floating numbers, flags (which h5py writes as an enumeration) and texts. */
export function readAttribute(module: Hdf5Module, fileId: bigint, path: string, name: string): Value {
  if (!module.get_attribute_names(fileId, path).includes(name)) return null;
  const { shape, size, total_size: count, type, vlen, signed } = module.get_attribute_metadata(fileId, path, name);
  if (!shape) return null;
  const bytes = size * count;
  if (!(bytes <= MAX_ATTRIBUTE_BYTES))
    throw new Defect('TOO_LARGE', `the attribute ${name} of ${path} is too long`, {
      expected: `at most ${MAX_ATTRIBUTE_BYTES} bytes`,
      actual: `${bytes} bytes`,
    });
  if (bytes === 0) return null;
  const at = module._malloc(bytes);
  if (at === 0) throw new Defect('TOO_LARGE', `no memory for the attribute ${name} of ${path}`);
  try {
    module.HEAPU8.fill(0, at, at + bytes);
    if (module.get_attribute_data(fileId, path, name, BigInt(at)) < 0) throw new Error(`attribute ${name}`);
    const classes = module.H5T_class_t;
    if (type === classes.H5T_STRING.value) {
      const texts = vlen ? pointedTexts(module, at, count) : fixedTexts(module.HEAPU8.slice(at, at + bytes), size);
      return shape.length === 0 ? (texts[0] ?? null) : texts;
    }
    const isWhole = type === classes.H5T_INTEGER.value || type === classes.H5T_ENUM.value;
    if (!isWhole && type !== classes.H5T_FLOAT.value) return null;
    const numbers = toNumbers(module.HEAPU8.slice(at, at + bytes), isWhole, size, signed);
    if (!numbers) return null;
    return shape.length === 0 ? (numbers[0] ?? null) : numbers;
  } finally {
    if (vlen) module.reclaim_vlen_memory(fileId, path, name, BigInt(at));
    module._free(at);
  }
}

/** Texts of a fixed length, padded with zeros or spaces. */
export function fixedTexts(bytes: Uint8Array, size: number): string[] {
  return Array.from({ length: bytes.byteLength / size }, (_, index) =>
    textUpToZero(bytes.subarray(index * size, (index + 1) * size)),
  );
}

/** Texts of any length: a list of addresses in the library's memory. */
export function pointedTexts(module: Hdf5Module, at: number, count: number): string[] {
  const view = new DataView(module.HEAPU8.buffer, at, count * 4);
  return Array.from({ length: count }, (_, index) => {
    const from = view.getUint32(index * 4, true);
    return from === 0 ? '' : textUpToZero(module.HEAPU8.subarray(from, from + MAX_ATTRIBUTE_BYTES));
  });
}

function textUpToZero(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

function toNumbers(bytes: Uint8Array, isWhole: boolean, size: number, signed: boolean): number[] | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = numberReader(view, isWhole, size, signed);
  return read ? Array.from({ length: bytes.byteLength / size }, (_, index) => read(index * size)) : null;
}

function numberReader(
  view: DataView,
  isWhole: boolean,
  size: number,
  signed: boolean,
): ((at: number) => number) | null {
  if (!isWhole) {
    if (size === 4) return (at) => view.getFloat32(at, true);
    return size === 8 ? (at) => view.getFloat64(at, true) : null;
  }
  if (size === 1) return signed ? (at) => view.getInt8(at) : (at) => view.getUint8(at);
  if (size === 2) return signed ? (at) => view.getInt16(at, true) : (at) => view.getUint16(at, true);
  if (size === 4) return signed ? (at) => view.getInt32(at, true) : (at) => view.getUint32(at, true);
  if (size === 8) return (at) => Number(signed ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
  return null;
}
