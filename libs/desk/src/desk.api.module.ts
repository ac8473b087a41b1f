import { Module } from '@nestjs/common';
import { DeskModule } from './desk.module.js';
import { EvidenceController } from './evidence/evidence.controller.js';
import { ExportController } from './exports/export.controller.js';

/** The auditor's desk as the API offers it. */
@Module({ imports: [DeskModule], controllers: [EvidenceController, ExportController] })
export class DeskApiModule {}
