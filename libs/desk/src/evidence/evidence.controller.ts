import { Controller, Get, Param, Res } from '@nestjs/common';
import { Allow, CurrentContext } from '@app/graphql';
import type { RequestContext } from '@app/kernel';
import type { FastifyReply } from 'fastify';
import { EvidenceService } from './evidence.service.js';

@Controller('grants/:grantId')
export class EvidenceController {
  constructor(private readonly evidence: EvidenceService) {}

  @Allow('member')
  @Get('evidence.zip')
  async bundle(
    @CurrentContext() ctx: RequestContext,
    @Param('grantId') grantId: string,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const { fileName, zip } = await this.evidence.bundleOf(ctx, grantId);
    await reply
      .header('content-type', 'application/zip')
      .header('content-disposition', `attachment; filename="${fileName}"`)
      .header('cache-control', 'no-store')
      .send(zip);
  }
}
