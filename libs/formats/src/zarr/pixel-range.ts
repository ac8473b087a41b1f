import type { FindingLog } from '../findings.js';
import type { Values, ZarrArray } from './zarr-array.js';

const PROBED_ROWS = 8;

/** Turns pictures that were stored as other numbers than bytes into bytes. Some run from 0 to 255, some from 0 to 1. */
export class PixelRange {
  private scale: number | null = null;

  constructor(
    private readonly array: ZarrArray,
    private readonly log: FindingLog,
    private readonly path: string,
  ) {}

  async toBytes(values: Values): Promise<Uint8Array> {
    const scale = (this.scale ??= await this.probe());
    const bytes = new Uint8ClampedArray(values.length);
    for (let i = 0; i < values.length; i += 1) bytes[i] = (values[i] ?? 0) * scale;
    return new Uint8Array(bytes.buffer);
  }

  /** The first pictures decide for all, so that a dark one later on is not brightened. */
  private async probe(): Promise<number> {
    const first = await this.array.rows(0, Math.min(PROBED_ROWS, this.array.endOfBand(0)));
    let highest = 0;
    for (const value of first) if (value > highest) highest = value;
    const { dtype, path } = this.array.info;
    const isUnit = highest <= 1 && (dtype === 'float32' || dtype === 'float64');
    this.log.addOnce(
      path,
      'DTYPE_MISMATCH',
      `${path} keeps pictures as ${dtype ?? ''} from 0 to ${isUnit ? 1 : 255}: they are read as bytes, save them as uint8`,
      { path: this.path, severity: 'warning' },
    );
    return isUnit ? 255 : 1;
  }
}
