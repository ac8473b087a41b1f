const SIGNATURE = 0x4c_4f_43_47; // "GCOL", little-endian
const HEADER_BYTES = 16;
const OBJECT_HEADER_BYTES = 16;
/** A collection holds texts and lists of one file's attributes; what is larger is not walked at all. */
const MAX_HEAP_BYTES = 64 * 2 ** 20;

/**
 * Length of the global heap collection that starts here, which keeps texts of any length; null if none starts here.
 * A length that cannot be is given as infinite.
 * @see https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html section III.E
 */
export function readHeapSize(bytes: Uint8Array): number | null {
  if (bytes.byteLength < HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== SIGNATURE) return null;
  const sizeBytes = Number(view.getBigUint64(8, true));
  return sizeBytes >= HEADER_BYTES && sizeBytes <= MAX_HEAP_BYTES ? sizeBytes : Infinity;
}

/** Whether a walk from object to object goes forward and ends at the end of the collection. */
export function isSoundHeap(heap: Uint8Array): boolean {
  const view = new DataView(heap.buffer, heap.byteOffset, heap.byteLength);
  let at = HEADER_BYTES;
  while (at + OBJECT_HEADER_BYTES <= heap.byteLength) {
    const isFree = view.getUint16(at, true) === 0;
    const sizeBytes = Number(view.getBigUint64(at + 8, true));
    const step = isFree ? sizeBytes : OBJECT_HEADER_BYTES + Math.ceil(sizeBytes / 8) * 8;
    if (step < OBJECT_HEADER_BYTES || at + step > heap.byteLength) return false;
    at += step;
  }
  return true;
}
