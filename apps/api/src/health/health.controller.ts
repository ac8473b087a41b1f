import { Controller, Get, Header, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { collectDefaultMetrics, register } from 'prom-client';
import { Allow } from '@app/graphql';
import { HealthService } from './health.service.js';

if (!register.getSingleMetric('process_cpu_user_seconds_total')) collectDefaultMetrics();

@Controller()
export class HealthController {
  constructor(private readonly health: HealthService) {}

  @Allow('anonymous')
  @Get('healthz')
  healthz(): { status: string } {
    return { status: 'alive' };
  }

  @Allow('anonymous')
  @Get('readyz')
  async readyz(@Res() reply: FastifyReply): Promise<void> {
    const readiness = await this.health.readiness();
    const isReady = Object.values(readiness).every(Boolean);
    await reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ready' : 'not ready', ...readiness });
  }

  @Allow('anonymous')
  @Get('metrics')
  @Header('content-type', register.contentType)
  async metrics(): Promise<string> {
    return register.metrics();
  }
}
