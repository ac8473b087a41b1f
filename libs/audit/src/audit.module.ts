import { Global, Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { Audit } from './leaves/audit.js';
import { Audit1763600002000 } from './migrations/1763600002000-audit.js';
import { AuditQueries } from './reading/audit.queries.js';
import { LogVerification } from './reading/log-verification.js';
import { AuditSequencer } from './sequencer/audit-sequencer.js';

// Leaves are bulk data, inserted by hand-written statements and never changed: no entities.
registerTables({ domain: 'audit', entities: [], migrations: [Audit1763600002000] });

/** Recording and reading, for every process. */
@Global()
@Module({
  providers: [Audit, AuditQueries, LogVerification, AuditSequencer],
  exports: [Audit, AuditQueries, LogVerification, AuditSequencer],
})
export class AuditModule {}
