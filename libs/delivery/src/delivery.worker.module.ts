import { Module } from '@nestjs/common';
import { CatalogModule } from '@app/catalog';
import { MeteringModule } from '@app/metering';
import { AccessLogReader } from './access-log/access-log.reader.js';
import { LogObjectService } from './access-log/log-object.service.js';
import { ReadAccessLogJob } from './access-log/read-access-log.job.js';
import { ReadLateAccessLogJob } from './access-log/read-late-access-log.job.js';
import { DeliveryModule } from './delivery.module.js';

/** Reads the access log; imported by the worker. */
@Module({
  imports: [DeliveryModule, CatalogModule, MeteringModule],
  providers: [AccessLogReader, LogObjectService, ReadAccessLogJob, ReadLateAccessLogJob],
  exports: [AccessLogReader],
})
export class DeliveryWorkerModule {}
