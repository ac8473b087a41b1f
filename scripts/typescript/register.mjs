// Lets a process run our TypeScript sources: `node --import '#typescript' FILE.ts`.
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
