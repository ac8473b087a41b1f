import { homedir } from 'node:os';
import { join } from 'node:path';

/** What the command line takes from the environment. The only file here that reads it. */
export interface Environment {
  readonly endpoint: string | undefined;
  readonly apiKey: string | undefined;
  /** Folder of the saved login. */
  readonly configDir: string;
  /** First language to show titles in. */
  readonly language: 'zh' | 'en';
  readonly debug: boolean;
}

const HUB_KEY_PREFIX = 'hf_bodega_';

const filled = (text: string | undefined): string | undefined =>
  text === undefined || text.trim() === '' ? undefined : text.trim();

export function readEnvironment(env: NodeJS.ProcessEnv): Environment {
  // A real Hugging Face token must never travel to a Bodega market just because it lies in the environment.
  const hubToken = filled(env['HF_TOKEN']);
  const hubKey = hubToken?.startsWith(HUB_KEY_PREFIX) ? hubToken : undefined;
  const configHome = filled(env['XDG_CONFIG_HOME']) ?? join(homedir(), '.config');
  const locale = filled(env['LC_ALL']) ?? filled(env['LC_MESSAGES']) ?? filled(env['LANG']) ?? '';
  return {
    endpoint: filled(env['BODEGA_ENDPOINT']),
    apiKey: filled(env['BODEGA_API_KEY']) ?? hubKey,
    configDir: join(configHome, 'bodega'),
    language: locale.toLowerCase().startsWith('zh') ? 'zh' : 'en',
    debug: filled(env['BODEGA_DEBUG']) !== undefined,
  };
}
