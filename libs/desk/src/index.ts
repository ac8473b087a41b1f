export { DeskModule } from './desk.module.js';
export { DeskApiModule } from './desk.api.module.js';
export { EVIDENCE_TYPE, EvidenceService } from './evidence/evidence.service.js';
export type { EvidenceBundle } from './evidence/evidence.service.js';
export { ExportService } from './exports/export.service.js';
