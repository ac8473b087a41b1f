import { spawn } from 'node:child_process';
import { caged, runTool } from '@app/cages';

/** What the child is asked to do wrong. */
export type Misdeed =
  | 'count'
  | 'allocate buffers'
  | 'allocate objects'
  | 'loop'
  | 'fork'
  | 'fork and leave the group'
  | 'memory of a grandchild'
  | 'write'
  | 'die'
  | 'throw'
  | 'reject unheard'
  | 'talk without waiting'
  | 'tool that sleeps';

const heavy = 'const kept = []; setInterval(() => kept.push(Buffer.alloc(20 << 20, 1)), 5)';

await caged<Misdeed, { readonly number: number }>(async (misdeed, say) => {
  const forever = new Promise<never>(() => setInterval(() => undefined, 1_000));
  const sleeper = (detached: boolean) => {
    const pid = spawn('sleep', ['300'], { detached, stdio: 'ignore' }).pid ?? 0;
    return say({ number: pid });
  };
  switch (misdeed) {
    case 'count':
      for (let number = 0; number < 5; number += 1) await say({ number });
      return;
    case 'allocate buffers': {
      const kept: Buffer[] = [];
      for (;;) {
        kept.push(Buffer.alloc(16 << 20, 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    case 'allocate objects': {
      const kept: object[] = [];
      for (;;) kept.push({ at: kept.length });
    }
    case 'loop':
      await say({ number: process.pid });
      for (;;);
    case 'fork':
      await sleeper(false);
      return forever;
    case 'fork and leave the group':
      await sleeper(true);
      return forever;
    case 'memory of a grandchild':
      spawn(process.execPath, ['-e', heavy], { stdio: 'ignore' });
      return forever;
    case 'write':
      for (;;) await new Promise((resolve) => process.stderr.write('x'.repeat(1 << 16), resolve));
    case 'die':
      process.kill(process.pid, 'SIGSEGV');
      return forever;
    case 'throw':
      throw new Error('no bytes here');
    case 'reject unheard':
      void Promise.reject(new Error('nobody waits for this'));
      return forever;
    case 'talk without waiting':
      for (;;) {
        process.send?.({ kind: 'say', message: { number: 1 } });
        await new Promise((resolve) => setImmediate(resolve));
      }
    case 'tool that sleeps':
      await Promise.all([say({ number: process.pid }), runTool('sleep', ['300'], { wallMs: 300_000 })]);
      return;
  }
});
