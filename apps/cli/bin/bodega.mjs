#!/usr/bin/env node
import { register } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The compiler reads its configuration from the current folder unless told where the repository is.
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
process.env.SWC_NODE_PROJECT = join(root, 'tsconfig.json');
process.env.SWC_NODE_SOURCE_MAP_MODE = 'none';
register('@swc-node/register/esm', import.meta.url);

const { main } = await import('../src/main.ts');
process.exitCode = await main(process.argv.slice(2));
