/** What an encoded still image says of itself in its first bytes. */
export interface ImageHeader {
  readonly codec: 'png' | 'jpeg';
  readonly width: number;
  readonly height: number;
  /** True for one channel of 16 bits: how depth maps are stored. */
  readonly isDepthLike: boolean;
}

/** Reads a PNG or JPEG header; null if the bytes are neither or are cut short. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.byteLength >= 26 && view.getUint32(0) === 0x89504e47 && view.getUint32(4) === 0x0d0a1a0a) {
    return {
      codec: 'png',
      width: view.getUint32(16),
      height: view.getUint32(20),
      isDepthLike: view.getUint8(24) === 16 && view.getUint8(25) === 0,
    };
  }
  if (bytes.byteLength < 4 || view.getUint16(0) !== 0xffd8) return null;
  let at = 2;
  while (at + 9 <= bytes.byteLength) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame)
      return { codec: 'jpeg', width: view.getUint16(at + 7), height: view.getUint16(at + 5), isDepthLike: false };
    at += 2 + view.getUint16(at + 2);
  }
  return null;
}
