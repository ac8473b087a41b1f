import { z } from 'zod';
import { declareSettings, setting } from '@app/config';

export const auditSettings = declareSettings('audit', {
  logKeyFile: setting('LOG_KEY_FILE', z.string().min(1).optional(), {
    description:
      'Ed25519 key that signs the checkpoints of the log, as PEM or JWK; or a folder of .pem and .jwk files, of which every private one signs and every public one stays published. Without it the log is kept but not signed',
  }),
});
