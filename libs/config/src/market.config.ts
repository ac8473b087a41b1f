import { z } from 'zod';
import { declareSettings, setting } from './settings.js';

/** What several libraries know of the market as a whole. */
export const marketSettings = declareSettings('market', {
  publicUrl: setting(
    'PUBLIC_URL',
    z.url().transform((url) => url.replace(/\/+$/, '')),
    {
      description: 'URL under which people reach the market; it signs its certificates with this name',
      default: 'http://127.0.0.1:3000',
    },
  ),
});
