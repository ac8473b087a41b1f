import { Global, Module } from '@nestjs/common';
import { Settings, marketSettings } from '@app/config';
import { registerTables } from '@app/database';
import { auditSettings } from './audit.config.js';
import { Audit } from './leaves/audit.js';
import { Audit1763600002000 } from './migrations/1763600002000-audit.js';
import { SignedLog1763700001000 } from './migrations/1763700001000-signed-log.js';
import { LogProofs } from './proofs/log-proofs.js';
import { TreeHashes } from './proofs/tree-hashes.js';
import { LogChecks } from './publishing/log-checks.js';
import { AuditQueries } from './reading/audit.queries.js';
import { OperatorReads1763700004000 } from './migrations/1763700004000-operator-reads.js';
import { SteadySequencing1763700006000 } from './migrations/1763700006000-steady-sequencing.js';
import { OperatorReads } from './reads/operator-reads.js';
import { LogVerification } from './verification/log-verification.js';
import { AuditSequencer } from './sequencer/audit-sequencer.js';
import { LogKeys } from './signing/log-keys.js';

// Leaves are bulk data, inserted by hand-written statements and never changed: no entities.
registerTables({
  domain: 'audit',
  entities: [],
  migrations: [Audit1763600002000, SignedLog1763700001000, OperatorReads1763700004000, SteadySequencing1763700006000],
});

const offered = [Audit, AuditQueries, AuditSequencer, LogChecks, LogProofs, LogVerification, OperatorReads];

/** Recording, reading and proving, for every process. */
@Global()
@Module({
  providers: [
    ...offered,
    TreeHashes,
    {
      provide: LogKeys,
      useFactory: (settings: Settings) =>
        LogKeys.load(settings.of(auditSettings).logKeyFile, settings.of(marketSettings).publicUrl),
      inject: [Settings],
    },
  ],
  exports: [...offered, LogKeys],
})
export class AuditModule {}
