import type { FindingLog } from '../findings.js';
import type { Channel } from './recording.js';

/** A file can announce 65,536 channels. */
const MAX_TOPICS = 1000;

interface Skipped {
  readonly type: string;
  readonly reason: string;
  /** Where the topic was met first. */
  readonly path: string;
  messages: number;
}

/** Channels whose messages are left out, over all recordings: told once per topic. */
export class SkippedChannels {
  private readonly topics = new Map<string, Skipped>();
  private others = 0;

  add(channel: Channel, messages: number, reason: string, path: string): void {
    const known = this.topics.get(channel.topic);
    if (known) known.messages += messages;
    else if (this.topics.size < MAX_TOPICS)
      this.topics.set(channel.topic, { type: channel.type, reason, path, messages });
    else this.others += 1;
  }

  report(log: FindingLog): void {
    for (const [topic, { type, reason, path, messages }] of this.topics)
      log.add(
        'CHANNEL_SKIPPED',
        `${messages} messages of ${topic.slice(0, 120)} (${type.slice(0, 120)}) are left out: ${reason}`,
        {
          path,
        },
      );
    if (this.others > 0) log.add('CHANNEL_SKIPPED', `${this.others} more channels are left out`);
  }
}
