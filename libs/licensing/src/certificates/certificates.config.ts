import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const certificateSettings = declareSettings('licensing', {
  signingKeyFile: setting('SIGNING_KEY_FILE', z.string().min(1).optional(), {
    description:
      'Ed25519 key that signs certificates, as PEM or JWK; or a folder of .pem and .jwk files, of which the last private one by name signs. Without it the market signs no certificates',
  }),
});
