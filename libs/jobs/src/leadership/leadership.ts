import { Injectable, Logger } from '@nestjs/common';
import type { BeforeApplicationShutdown } from '@nestjs/common';
import { Settings } from '@app/config';
import { databaseSettings } from '@app/database';
import pg from 'pg';

/** Work of the one holder of a post. It must end soon after the signal aborts: by then somebody else may hold the post. */
export type LeaderWork = (signal: AbortSignal) => Promise<void>;

export interface Candidacy {
  /** Ends the work, waits for it, and gives the post up. */
  resign(): Promise<void>;
}

interface Post {
  readonly name: string;
  readonly work: LeaderWork;
  term: { readonly abort: AbortController; readonly ended: Promise<void> } | null;
}

const TICK_MS = 500;
/** A silent line is taken for dead after this: the server may have given the posts to others already. */
const LINE_TIMEOUT_MS = 5_000;

/** Advisory lock of a post, as SQL over the expression that names it. */
export const postLockSql = (nameSql: string): string => `hashtextextended('bodega:post:' || ${nameSql}, 0)`;

/**
 * One holder at a time, across all processes, for each named post. The post is a session advisory lock on a connection kept
 * for nothing else, so the server gives it away the moment its holder dies. A holder that loses its connection is told by
 * the signal; until it has stopped two may believe to lead, so what they write must hold up by itself (row locks, keys).
 * Needs a real session: a pooler in transaction mode between us and the server breaks it.
 */
@Injectable()
export class Leadership implements BeforeApplicationShutdown {
  private readonly log = new Logger(Leadership.name);
  private readonly posts = new Set<Post>();
  private line: pg.Client | null = null;
  private ticking: Promise<void> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isBroken = false;
  private isClosed = false;

  constructor(private readonly settings: Settings) {}

  /** Stands for the post from now on: whenever nobody holds it, one candidate's work is started; when the work ends, the post is free again. */
  lead(name: string, work: LeaderWork): Candidacy {
    if (this.isClosed) throw new Error(`Nobody can stand for "${name}" any more: the process is stopping.`);
    const post: Post = { name, work, term: null };
    this.posts.add(post);
    this.scheduleTick(0);
    return { resign: () => this.resign(post) };
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.isClosed = true;
    if (this.timer) clearTimeout(this.timer);
    await this.ticking;
    for (const post of this.posts) post.term?.abort.abort();
    await Promise.all([...this.posts].map((post) => post.term?.ended));
    await this.line?.end().catch(() => undefined);
  }

  private async resign(post: Post): Promise<void> {
    this.posts.delete(post);
    await this.ticking;
    post.term?.abort.abort();
    await post.term?.ended;
  }

  private scheduleTick(afterMs: number): void {
    if (this.isClosed) return;
    if (this.timer) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      const before = this.ticking ?? Promise.resolve();
      const tick = before
        .then(() => this.tick())
        .finally(() => {
          if (this.ticking === tick) this.ticking = null;
          if (!this.timer) this.scheduleTick(TICK_MS);
        });
      this.ticking = tick;
    }, afterMs);
  }

  /** Also asks when nothing is wanted, because a dead line shows only when it is used. */
  private async tick(): Promise<void> {
    try {
      this.line ??= await this.connect();
      const wanted = [...this.posts].filter((post) => !post.term);
      const { rows } = await this.line.query<{ name: string }>(
        `select name from unnest($1::text[]) name where pg_try_advisory_lock(${postLockSql('name')})`,
        [wanted.map((post) => post.name)],
      );
      const won = new Set(rows.map((row) => row.name));
      for (const post of wanted) if (won.has(post.name)) this.begin(post, this.line);
      this.isBroken = false;
    } catch (error) {
      if (!this.isBroken) this.log.warn(`The line that holds posts is broken; trying again: ${String(error)}`);
      this.isBroken = true;
      this.onLost(this.line);
    }
  }

  private begin(post: Post, line: pg.Client): void {
    const abort = new AbortController();
    const ended = Promise.resolve()
      .then(() => post.work(abort.signal))
      .catch((error: unknown) => this.log.warn(`"${post.name}" failed and will be taken up again: ${String(error)}`))
      .then(async () => {
        post.term = null;
        if (this.line !== line) return;
        await line
          .query(`select pg_advisory_unlock(${postLockSql('$1::text')})`, [post.name])
          .catch(() => this.onLost(line));
      });
    post.term = { abort, ended };
  }

  private async connect(): Promise<pg.Client> {
    const line = new pg.Client({
      connectionString: this.settings.of(databaseSettings).url,
      keepAlive: true,
      connectionTimeoutMillis: LINE_TIMEOUT_MS,
      query_timeout: LINE_TIMEOUT_MS,
      application_name: 'bodega posts',
    });
    line.on('error', () => this.onLost(line));
    line.on('end', () => this.onLost(line));
    await line.connect();
    return line;
  }

  private onLost(line: pg.Client | null): void {
    if (line === null || this.line !== line) return;
    this.line = null;
    for (const post of this.posts) post.term?.abort.abort();
    line.end().catch(() => undefined);
    this.scheduleTick(TICK_MS);
  }
}
