import type { ByteSource } from '../byte-source.js';
import { readRange } from '../byte-source.js';
import { Defect } from '../defect.js';

/** A parsed JSON object whose values nobody has checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads a JSON document of bounded size. */
export async function readJson(source: ByteSource, maxBytes: number): Promise<unknown> {
  if (source.sizeBytes > maxBytes)
    throw new Defect('METADATA_INVALID', 'the JSON file is too large', {
      actual: `${source.sizeBytes} bytes`,
      expected: `at most ${maxBytes} bytes`,
    });
  const bytes = await readRange(source, 0, source.sizeBytes, 'the JSON file');
  return parseJson(bytes);
}

/** Parses JSON as Python writes it: NaN and Infinity, which are not JSON, are read as null. */
export function parseJson(bytes: Uint8Array): unknown {
  const text = new TextDecoder().decode(bytes);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    try {
      return JSON.parse(text.replace(/(?<=[[:,]\s*)-?(?:NaN|Infinity)(?=\s*[,\]}])/g, 'null')) as unknown;
    } catch {
      throw new Defect(
        'METADATA_INVALID',
        `not valid JSON: ${error instanceof Error ? error.message.slice(0, 120) : 'unreadable'}`,
      );
    }
  }
}

/** The value as an object, or null. */
export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

/** The value as a count (whole, not negative, safe), or null. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** The value as a list of strings, or null. */
export function asStrings(value: unknown): string[] | null {
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? (value as string[]) : null;
}

/** All numbers of a value, nested lists flattened; null if there is anything else in it. */
export function asNumbers(value: unknown, depth = 0): number[] | null {
  if (typeof value === 'number') return [value];
  if (!Array.isArray(value) || depth > 6) return null;
  const numbers: number[] = [];
  for (const item of value) {
    const inner = asNumbers(item, depth + 1);
    if (!inner) return null;
    for (const number of inner) numbers.push(number);
  }
  return numbers;
}
