import { Defect } from '../defect.js';
import type { FindingCode, FindingLog } from '../findings.js';

const MAX_REMEMBERED = 100;

/** Findings of one file. Survey and walk come across the same damage: it is told once. */
export class PartFindings {
  private readonly told = new Set<string>();

  constructor(
    private readonly path: string,
    private readonly log: FindingLog,
  ) {}

  tell(code: FindingCode, message: string, detail: { expected?: string; actual?: string } = {}): void {
    const key = `${code}|${message}|${detail.actual ?? ''}`;
    if (this.told.has(key)) return;
    if (this.told.size < MAX_REMEMBERED) this.told.add(key);
    this.log.add(code, message, { ...detail, path: this.path });
  }

  /** Tells a defect; throws anything else again. `prefix` says what was being read. */
  tellDefect(error: unknown, prefix = ''): void {
    if (!(error instanceof Defect)) throw error;
    this.tell(error.code, prefix + error.message, error.detail);
  }

  /** After damage: that what follows was measured on the rest. */
  tellRecovered(messages: number): void {
    if (messages > 0)
      this.tell('RECOVERED', 'the file is damaged: what is measured is what could be read around the damage', {
        actual: `${messages} messages`,
      });
  }
}
