/** A part of a file: first and last byte, both included, as HTTP counts. */
export interface ByteRange {
  readonly path: string;
  readonly firstByte: number;
  readonly lastByte: number;
}

/** The header that the client must send exactly so; any other range is refused by the store. */
export function rangeHeaderOf(range: ByteRange): string {
  return `bytes=${range.firstByte}-${range.lastByte}`;
}

/** How many bytes a range of a file of this size can yield; null when it begins behind the end, or ends before it begins. */
export function rangeBytes(range: ByteRange, sizeBytes: number): number | null {
  if (range.firstByte > range.lastByte || range.firstByte >= sizeBytes) return null;
  return Math.min(range.lastByte, sizeBytes - 1) - range.firstByte + 1;
}
