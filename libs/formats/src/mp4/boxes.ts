import { Defect } from '../defect.js';

/** One box (atom) inside a buffer: its type and the half-open range of its body. */
export interface Box {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Boxes of `[start, end)`, each checked to lie inside it. Size 0 means "to the end of the parent". */
export function* boxesIn(view: DataView, start: number, end: number): Generator<Box> {
  let at = start;
  while (at < end) {
    if (end - at < 8) return; // a few bytes of padding are seen in sample entries
    let size = view.getUint32(at);
    let header = 8;
    const type = fourCc(view, at + 4);
    if (size === 1) {
      if (end - at < 16) throw new Defect('VIDEO_INVALID', `mp4 box ${type} has no room for its 64-bit size`);
      size = view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12);
      header = 16;
    } else if (size === 0) {
      size = end - at;
    }
    if (size < header || at + size > end) {
      throw new Defect('VIDEO_INVALID', `mp4 box ${type} of ${size} bytes does not fit its parent`);
    }
    yield { type, start: at + header, end: at + size };
    at += size;
  }
}

/** First child box of a type, if there is one. */
export function findBox(view: DataView, parent: Box, type: string): Box | undefined {
  for (const box of boxesIn(view, parent.start, parent.end)) if (box.type === type) return box;
  return undefined;
}

/** First child box of a type. */
export function needBox(view: DataView, parent: Box, type: string): Box {
  const box = findBox(view, parent, type);
  if (!box) throw new Defect('VIDEO_INVALID', `mp4 has no ${type} box in ${parent.type}`);
  return box;
}

/** The four characters of a type; anything outside printable ASCII shows as `?`. */
export function fourCc(view: DataView, at: number): string {
  let text = '';
  for (let i = 0; i < 4; i += 1) {
    const byte = view.getUint8(at + i);
    text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '?';
  }
  return text;
}
