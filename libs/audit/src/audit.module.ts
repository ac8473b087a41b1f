import { Global, Module } from '@nestjs/common';
import { registerTables } from '@app/database';
import { Audit } from './leaves/audit.js';
import { Audit1763600002000 } from './migrations/1763600002000-audit.js';
import { AuditQueries } from './reading/audit.queries.js';
import { OperatorReads1763700004000 } from './migrations/1763700004000-operator-reads.js';
import { LogVerification } from './reading/log-verification.js';
import { OperatorReads } from './reads/operator-reads.js';
import { AuditSequencer } from './sequencer/audit-sequencer.js';

// Leaves are bulk data, inserted by hand-written statements and never changed: no entities.
registerTables({ domain: 'audit', entities: [], migrations: [Audit1763600002000, OperatorReads1763700004000] });

/** Recording and reading, for every process. */
@Global()
@Module({
  providers: [Audit, AuditQueries, LogVerification, OperatorReads, AuditSequencer],
  exports: [Audit, AuditQueries, LogVerification, OperatorReads, AuditSequencer],
})
export class AuditModule {}
