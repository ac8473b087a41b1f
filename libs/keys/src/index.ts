export { loadEd25519Keys } from './ed25519-keys.js';
export type { Ed25519Key } from './ed25519-keys.js';
