import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { sceneXml } from './src/arm.mjcf.js';
import { writeCard } from './src/dataset-card.js';
import { film } from './src/film.js';
import { writeLeRobot } from './src/lerobot-writer.js';
import { Random } from './src/random.js';
import type { Recording } from './src/recorder.js';
import { record } from './src/recorder.js';
import { checkWritten } from './src/self-check.js';
import type { ShelfSet } from './src/sets.js';
import { SHELF } from './src/sets.js';
import { findFfmpeg } from './src/video-encoder.js';

/** The seed of the committed shelf. */
const SEED = 20271;

async function make(set: ShelfSet, out: string, seed: number): Promise<void> {
  const root = join(out, set.name);
  for (const part of ['data', 'meta', 'videos', 'robot']) rmSync(join(root, part), { recursive: true, force: true });
  mkdirSync(join(root, 'robot'), { recursive: true });
  const recordings: Recording[] = [];
  for (let episode = 0; episode < set.episodes; episode++) {
    const random = Random.forPart(seed, `${set.name}/${episode}`);
    const plan = set.plan(random);
    recordings.push(await record(plan, random.between(0.9, 1.12)));
  }
  const filmed = await film(root, findFfmpeg(), recordings, (episode) =>
    Random.forPart(seed, `${set.name}/${episode}/light`),
  );
  const written = writeLeRobot(root, filmed);
  await checkWritten(root, filmed);
  writeFileSync(join(root, 'robot/bd6.mjcf.xml'), sceneXml({ props: [], fixtures: [] }));
  writeCard(root, set, filmed, written, seed);
  const outcomes = recordings.map((r) => (r.goalShare === 1 ? '✓' : (r.failureMode ?? '?'))).join(' ');
  process.stdout.write(
    `${set.name}: ${written.episodes} episodes, ${written.frames} frames, rows ${written.rowsSha256}\n  ${outcomes}\n`,
  );
}

const { values } = parseArgs({
  options: { out: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' } },
});
const seed = values.seed === undefined ? SEED : Number(values.seed);
const chosen = SHELF.filter((set) => values.only === undefined || set.name === values.only);
if (!Number.isInteger(seed) || chosen.length === 0) {
  process.stderr.write(
    `usage: make.ts [--out DIR] [--seed WHOLE NUMBER] [--only ${SHELF.map((s) => s.name).join('|')}]\n`,
  );
  process.exitCode = 2;
} else {
  const out = resolve(values.out ?? dirname(fileURLToPath(import.meta.url)));
  for (const set of chosen) await make(set, out, seed);
}
