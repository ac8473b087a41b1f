import type { FindingCode } from './findings.js';

/** What a defect may say beyond its sentence. */
export interface DefectDetail {
  readonly row?: number;
  readonly expected?: string;
  readonly actual?: string;
}

/**
 * Bad bytes, found while reading. Never leaves the library: the walk turns it into a finding. It has no stack: a hostile
 * file makes a million of them, and recording each stack takes longer than reading the file.
 */
export class Defect extends Error {
  constructor(
    readonly code: FindingCode,
    message: string,
    readonly detail: DefectDetail = {},
  ) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = 'Defect';
  }
}

/**
 * Runs a decoder over bytes that are already in memory. Whatever it throws there (a range error of a
 * typed array, an assertion of a decompressor) is a defect of the data, because no I/O can happen inside.
 */
export function decoding<T>(code: FindingCode, what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Defect) throw error;
    throw new Defect(code, `${what} cannot be decoded: ${error instanceof Error ? error.message : String(error)}`);
  }
}
