import { readFile } from 'node:fs/promises';
import type { Home } from './home.js';
import { demoSchema } from './demo-file.js';

/** What a newcomer needs to know once everything is up. */
export async function printWelcome(home: Home, url: string, storeUrl: string): Promise<void> {
  const { accounts } = demoSchema.parse(JSON.parse(await readFile(home.file('demo.json'), 'utf8')));
  const lines = [
    '',
    '  Bodega is open.',
    '',
    `  Market      ${url}`,
    `  GraphiQL    ${url}/graphiql`,
    `  GraphQL     ${url}/graphql`,
    `  Objects     ${storeUrl}`,
    '',
    '  Demo sign-ins (also in demo.json, beside your API keys):',
    ...accounts.map((a) => `    ${a.role.padEnd(9)} ${a.email.padEnd(28)} ${a.password}`),
    '',
    '  Try: npx bodega search grasping',
    '  Ctrl-C stops everything; state stays in ' + home.path,
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}
