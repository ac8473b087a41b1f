import sharp from 'sharp';
import type { Size } from '../look/preview-policy.rules.js';

/**
 * The letters as strokes, each in a cell 6 wide and 10 high with its line at 8: fonts differ between machines, and slim
 * containers have none.
 */
const STROKES: Readonly<Record<string, string>> = {
  B: 'M1 1V8H3.5A1.8 1.8 0 0 0 3.5 4.4H1H3.2A1.7 1.7 0 0 0 3.2 1Z',
  a: 'M4.6 4V8M4.6 6A1.9 2 0 1 1 .8 6A1.9 2 0 1 1 4.6 6',
  d: 'M4.6 1V8M4.6 6A1.9 2 0 1 1 .8 6A1.9 2 0 1 1 4.6 6',
  e: 'M.9 5.9H4.6A1.9 2 0 1 0 4 7.5',
  g: 'M4.6 4V8.6A1.8 1.4 0 0 1 1.2 9.2M4.6 6A1.9 2 0 1 1 .8 6A1.9 2 0 1 1 4.6 6',
  i: 'M2.7 4V8M2.7 2.2V2.3',
  o: 'M4.6 6A1.9 2 0 1 1 .8 6A1.9 2 0 1 1 4.6 6',
  p: 'M.9 4V10M.9 6A1.9 2 0 1 1 4.7 6A1.9 2 0 1 1 .9 6',
  r: 'M1.2 4V8M1.2 5.6A2 1.8 0 0 1 4.2 4.3',
  v: 'M.8 4L2.7 8L4.6 4',
  w: 'M.4 4L1.5 8L2.7 5L3.9 8L5 4',
};
const TEXT = 'Bodega preview';
const CELL = { width: 6, height: 11 };

/** A transparent picture of the given size with our name across its lower part, as PNG. */
export async function watermark({ width, height }: Size): Promise<Buffer> {
  const letters = [...TEXT]
    .map((letter, at) => `<path transform="translate(${at * CELL.width})" d="${STROKES[letter] ?? ''}"/>`)
    .join('');
  const scale = (width * 0.5) / (TEXT.length * CELL.width);
  const left = width * 0.48;
  const top = height - CELL.height * scale - height * 0.02;
  const line = 'fill="none" stroke-linecap="round" stroke-linejoin="round"';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <g transform="translate(${left} ${top}) scale(${scale})" ${line}>
      <g stroke="black" stroke-opacity="0.5" stroke-width="2">${letters}</g>
      <g stroke="white" stroke-opacity="0.85" stroke-width="0.9">${letters}</g>
    </g></svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}
