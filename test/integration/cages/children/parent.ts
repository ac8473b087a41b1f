import { runCaged } from '@app/cages';

/** Keeps two cages at work until it is killed: one in an endless loop, one in a tool. Prints their pids. */
const pids: number[] = [];
const works = ['loop', 'tool that sleeps'].map((order) =>
  runCaged<string, { number: number }>({
    entry: new URL('./misbehaving.child.ts', import.meta.url),
    order,
    limits: { wallMs: 300_000, rssBytes: 2 ** 30, heapMb: 128 },
    onMessage: ({ number }) => {
      pids.push(number);
      if (pids.length === 2) process.stdout.write(`${pids.join(' ')}\n`);
    },
    signal: new AbortController().signal,
  }),
);
await Promise.all(works);
