import { Module } from '@nestjs/common';
import { AuditModule } from './audit.module.js';
import { AuditResolver } from './reading/audit.resolver.js';

/** The log on the API. */
@Module({ imports: [AuditModule], providers: [AuditResolver] })
export class AuditApiModule {}
