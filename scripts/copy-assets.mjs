// After the Nest CLI has compiled the house: brings along the data files that sources read from beside themselves.
import { cpSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const data = readdirSync(join(root, 'libs'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

for (const file of data) {
  if (existsSync(join(root, 'dist', dirname(file)))) cpSync(join(root, file), join(root, 'dist', file));
}
