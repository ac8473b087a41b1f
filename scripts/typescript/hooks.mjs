import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { COMPILER_OPTIONS } from './compiler-options.mjs';

/**
 * Module hooks of Node (https://nodejs.org/api/module.html#customization-hooks). Every process that we start pays for
 * them, so a source is compiled once and kept, and the compiler is not even loaded when nothing has changed.
 */

const ROOT = new URL('../../', import.meta.url);
/** One file per path, which a newer compilation replaces. */
const KEPT = fileURLToPath(new URL('node_modules/.cache/bodega/typescript/', ROOT));
const LIBRARY = /^@app\/([\w-]+)$/;
const RELATIVE_JS = /^\.{1,2}\/.*\.js$/;
const sha256 = (...parts) => hash('sha256', parts.join('\0'));
const { version } = createRequire(import.meta.url)('@swc/core/package.json');
/** What a kept compilation depends on beside its source. */
const COMPILER = sha256(version, JSON.stringify(COMPILER_OPTIONS));

/** `@app/name` is the front door of a library; a neighbour is imported by the name that it will have when built. */
export function resolve(specifier, context, nextResolve) {
  const library = LIBRARY.exec(specifier);
  if (library) return ours(new URL(`libs/${library[1]}/src/index.ts`, ROOT));
  if (RELATIVE_JS.test(specifier) && isOurs(context.parentURL))
    return ours(new URL(`${specifier.slice(0, -'.js'.length)}.ts`, context.parentURL));
  return nextResolve(specifier, context);
}

/** Files are read at once: the hooks have a thread of their own, and nothing else to do. */
export async function load(url, context, nextLoad) {
  if (!isOurs(url)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: await compiled(path, readFileSync(path, 'utf8')), shortCircuit: true };
}

const ours = ({ href }) => ({ url: href, format: 'module', shortCircuit: true });

function isOurs(url) {
  return url !== undefined && url.endsWith('.ts') && url.startsWith('file:') && !url.includes('/node_modules/');
}

/** The last line of what is kept says what it was made from: a file that was cut short has none. */
async function compiled(path, source) {
  const place = join(KEPT, `${sha256(path)}.mjs`);
  const madeFrom = `\n// ${sha256(COMPILER, source)}\n`;
  const kept = textOf(place);
  if (kept?.endsWith(madeFrom)) return kept;
  const { transform } = await import('@swc/core');
  const { code } = await transform(source, {
    ...COMPILER_OPTIONS,
    filename: path,
    configFile: false,
    swcrc: false,
    sourceMaps: 'inline',
  });
  const text = code + madeFrom;
  // Whoever may not write here, as with an installation of somebody else's, compiles each time.
  await keep(place, text).catch(() => undefined);
  return text;
}

function textOf(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Others may be starting at this moment: a file appears whole. */
async function keep(place, text) {
  const draft = `${place}.${process.pid}`;
  await mkdir(KEPT, { recursive: true });
  await writeFile(draft, text);
  await rename(draft, place);
}
