import { fork } from 'node:child_process';
import type { ChildProcess, Serializable } from 'node:child_process';
import { once } from 'node:events';

/** A helper process of the bench. It ends when this one does, because its channel closes. */
export class Child {
  private constructor(private readonly process: ChildProcess) {}

  /** Starts a file of this folder and waits for its first message. */
  static async start(file: string, environment: NodeJS.ProcessEnv = {}): Promise<{ child: Child; first: unknown }> {
    const process_ = fork(new URL(file, import.meta.url), {
      execArgv: ['--import', '#typescript'],
      env: { ...process.env, NODE_ENV: 'production', ...environment },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const child = new Child(process_);
    return { child, first: await child.heard() };
  }

  async ask<T>(message: Serializable): Promise<T> {
    const heard = this.heard();
    this.process.send(message);
    return (await heard) as T;
  }

  async stop(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }

  private async heard(): Promise<unknown> {
    const over = new AbortController();
    const { signal } = over;
    const ended = once(this.process, 'exit', { signal }).then(([code]) => {
      throw new Error(`A helper process of the bench ended with ${String(code)}.`);
    });
    try {
      const [message] = (await Promise.race([once(this.process, 'message', { signal }), ended])) as [unknown];
      if (typeof message === 'object' && message !== null && 'error' in message) throw new Error(String(message.error));
      return message;
    } finally {
      ended.catch(() => undefined);
      over.abort();
    }
  }
}
