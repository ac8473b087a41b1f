import { cutToWidth } from './text-width.js';
import { formatBytes } from './units.js';

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
}

/** Redrawing more often costs more than anyone can see. */
const REDRAW_MS = 100;
const BAR_CELLS = 24;

/** How far a transfer is: one line redrawn in place on a terminal, a plain line for every tenth elsewhere. */
export class Progress {
  private doneBytes = 0;
  private totalBytes = 0;
  private drawnAt = 0;
  private saidTenth = 0;
  private readonly startedAt = performance.now();
  /** Bytes that really moved now, for the rate: what was there before does not make the line fast. */
  private movedBytes = 0;

  constructor(
    private readonly stream: ProgressStream,
    private readonly label: string,
  ) {}

  expect(bytes: number): void {
    this.totalBytes += bytes;
  }

  /** Bytes done, by moving them now, or (`moved: false`) because they were there already. Negative when bytes turn out bad. */
  advance(bytes: number, moved = true): void {
    this.doneBytes += bytes;
    if (moved) this.movedBytes += Math.max(0, bytes);
    this.draw(false);
  }

  /** Ends the line; the caller says the outcome. */
  close(): void {
    if (this.stream.isTTY) {
      this.draw(true);
      this.stream.write('\n');
    }
  }

  private draw(force: boolean): void {
    const share = this.totalBytes === 0 ? 0 : Math.min(1, Math.max(0, this.doneBytes / this.totalBytes));
    if (!this.stream.isTTY) {
      const tenth = Math.floor(share * 10);
      if (tenth <= this.saidTenth) return;
      this.saidTenth = tenth;
      this.stream.write(`${this.label}: ${tenth * 10} % (${this.amounts()})\n`);
      return;
    }
    const now = performance.now();
    if (!force && now - this.drawnAt < REDRAW_MS) return;
    this.drawnAt = now;
    const seconds = (now - this.startedAt) / 1000;
    const rate = seconds > 0.5 ? `${formatBytes(this.movedBytes / seconds)}/s` : '';
    const filled = Math.round(share * BAR_CELLS);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_CELLS - filled);
    const line = `${this.label} ${String(Math.floor(share * 100)).padStart(3)} % ${bar} ${this.amounts()} ${rate}`;
    this.stream.write(`\r\u001b[2K${cutToWidth(line, (this.stream.columns ?? 80) - 1)}`);
  }

  private amounts(): string {
    return `${formatBytes(this.doneBytes)} of ${formatBytes(this.totalBytes)}`;
  }
}
