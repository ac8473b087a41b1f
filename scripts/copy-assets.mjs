// After the Nest CLI has compiled an app: brings along the data files that sources read from beside themselves.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const data = readdirSync(join(root, 'libs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

for (const app of readdirSync(join(root, 'dist', 'apps'))) {
  for (const file of data) {
    const folder = join(root, 'dist', 'apps', app, dirname(file));
    if (existsSync(folder)) cpSync(join(root, file), join(root, 'dist', 'apps', app, file));
  }
}
