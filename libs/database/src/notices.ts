import { Injectable, Logger } from '@nestjs/common';
import type { OnApplicationShutdown } from '@nestjs/common';
import { Client } from 'pg';
import { Settings } from '@app/config';
import { databaseSettings } from './database.config.js';

export type NoticeHandler = (payload: string) => void;

export interface NoticeListener {
  onNotice: NoticeHandler;
  /** The line to the database broke: notices may be lost until `onConnected`. */
  onDisconnected?: () => void;
  onConnected?: () => void;
}

const RECONNECT_MS = 500;

/** One connection that listens to Postgres notices, kept alive across restarts of the database. */
@Injectable()
export class Notices implements OnApplicationShutdown {
  private readonly log = new Logger(Notices.name);
  private readonly listeners = new Map<string, NoticeListener[]>();
  private client: Client | null = null;
  private connecting: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isClosed = false;

  constructor(private readonly settings: Settings) {}

  async listen(channel: string, listener: NoticeListener): Promise<void> {
    if (!/^[a-z_]+$/.test(channel)) throw new Error(`"${channel}" is no channel name.`);
    this.listeners.set(channel, [...(this.listeners.get(channel) ?? []), listener]);
    this.connecting ??= this.connect();
    await this.connecting;
    await this.client?.query(`listen ${channel}`);
    if (this.client) listener.onConnected?.();
  }

  async onApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.connecting?.catch(() => undefined);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new Client({ connectionString: this.settings.of(databaseSettings).url, keepAlive: true });
    client.on('notification', (notice) => {
      for (const listener of this.listeners.get(notice.channel) ?? []) listener.onNotice(notice.payload ?? '');
    });
    client.on('error', () => this.onLost(client));
    client.on('end', () => this.onLost(client));
    await client.connect();
    for (const channel of this.listeners.keys()) await client.query(`listen ${channel}`);
    this.client = client;
  }

  private onLost(client: Client): void {
    if (this.client !== client || this.isClosed) return;
    this.client = null;
    for (const listener of [...this.listeners.values()].flat()) listener.onDisconnected?.();
    this.log.warn('The line for notices broke; connecting again.');
    this.scheduleReconnect();
  }

  private scheduleReconnect(): void {
    this.timer = setTimeout(() => {
      this.connecting = this.connect().then(
        () => {
          for (const listener of [...this.listeners.values()].flat()) listener.onConnected?.();
        },
        () => {
          if (!this.isClosed) this.scheduleReconnect();
        },
      );
    }, RECONNECT_MS);
  }
}
