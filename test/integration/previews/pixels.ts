import { runTool } from '@app/cages';

/** Frames of a video or still as gray pictures, one after the other, scaled to the given size; all, or those numbered. */
export async function grayFrames(path: string, width: number, height: number, only?: number[]): Promise<Buffer[]> {
  const select = only ? `select='${only.map((frame) => `eq(n\\,${frame})`).join('+')}',` : '';
  const filter = ['-vf', `${select}scale=${width}:${height},format=gray`, '-vsync', '0'];
  const result = await runTool('ffmpeg', ['-v', 'error', '-i', path, ...filter, '-f', 'rawvideo', '-'], {
    wallMs: 60_000,
    maxOutputBytes: 512 * 2 ** 20,
  });
  if (result.code !== 0) throw new Error(result.stderr);
  return Array.from({ length: result.stdout.length / (width * height) }, (_, i) =>
    result.stdout.subarray(i * width * height, (i + 1) * width * height),
  );
}

/** Mean absolute difference of two gray pictures inside the rectangle. */
export function differenceIn(
  a: Buffer,
  b: Buffer,
  width: number,
  { left, top, right, bottom }: { left: number; top: number; right: number; bottom: number },
): number {
  let sum = 0;
  for (let y = top; y < bottom; y += 1)
    for (let x = left; x < right; x += 1) sum += Math.abs((a[y * width + x] ?? 0) - (b[y * width + x] ?? 0));
  return sum / ((bottom - top) * (right - left));
}

/** Names of the boxes of an mp4 at its top, in order. */
export function topBoxes(bytes: Buffer): string[] {
  const names: string[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += bytes.readUInt32BE(at))
    names.push(bytes.toString('latin1', at + 4, at + 8));
  return names;
}

export const mean = (pixels: Buffer): number => pixels.reduce((sum, value) => sum + value, 0) / pixels.length;
