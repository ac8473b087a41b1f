import { Module } from '@nestjs/common';
import { StorageModule } from '@app/storage';
import { AuditModule } from './audit.module.js';
import { ProofResolver } from './proofs/proof.resolver.js';
import { LogController } from './publishing/log.controller.js';
import { LogStore } from './publishing/log-store.js';
import { TileQueries } from './publishing/tile.queries.js';
import { AuditResolver } from './reading/audit.resolver.js';
import { LogHealthQueries } from './verification/log-health.queries.js';
import { LogHealthResolver } from './verification/log-health.resolver.js';
import { LogMetrics } from './verification/log-metrics.js';

/** The log on the API: leaves for those whom they concern, tiles and proofs for everybody. */
@Module({
  imports: [AuditModule, StorageModule],
  controllers: [LogController],
  providers: [AuditResolver, LogHealthQueries, LogHealthResolver, LogMetrics, LogStore, ProofResolver, TileQueries],
})
export class AuditApiModule {}
