import type { AuditLogFilter } from '@app/audit';
import { validate } from '@app/kernel';
import type { GrantFilter, GrantState } from '@app/licensing';
import type { UsageGrouping } from '@app/metering';
import { z } from 'zod';

export const EXPORT_FORMATS = ['csv', 'jsonl'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

const text = z.string().min(1).max(200).optional();
const instant = z.iso
  .datetime({ offset: true, message: 'must be an instant, such as 2026-11-30T08:00:00Z' })
  .transform((at) => new Date(at))
  .optional();
const list = z
  .string()
  .max(200)
  .transform((codes) => codes.split(',').map((code) => code.trim()))
  .optional();

/** The filters of the queries, as an address spells them. What they mean is checked where they are used. */
const grants = z.strictObject({
  datasetSlug: text,
  versionId: text,
  holder: text,
  provider: text,
  text,
  termsHash: text,
  template: text,
  use: text,
  intendedUse: text,
  states: list,
  activeAt: instant,
  from: instant,
  to: instant,
  isRecalled: z.stringbool({ truthy: ['true'], falsy: ['false'], error: 'must be true or false' }).optional(),
});
const auditLog = z.strictObject({
  action: text,
  subjectId: text,
  datasetId: text,
  grantId: text,
  organizationId: text,
  from: instant,
  to: instant,
});
const usage = z.strictObject({
  grantId: text,
  datasetSlug: text,
  from: instant,
  to: instant,
  groupBy: z.enum(['DAY', 'DATASET', 'GRANT', 'ORGANIZATION']).default('DAY'),
  timeZone: z.string().max(100).default('UTC'),
});

export function grantFilterOf(query: unknown): GrantFilter {
  const { states, ...filter } = validate(grants, query, 'query');
  return { ...filter, ...(states && { states: states as GrantState[] }) };
}

export function auditFilterOf(query: unknown): AuditLogFilter {
  return validate(auditLog, query, 'query');
}

/** Which usage is exported, and what its points stand for. */
export interface UsageExport {
  readonly filter: {
    readonly grantId?: string;
    readonly datasetSlug?: string;
    readonly from?: Date;
    readonly to?: Date;
  };
  readonly groupBy: UsageGrouping;
  readonly timeZone: string;
}

export function usageExportOf(query: unknown): UsageExport {
  const { groupBy, timeZone, ...filter } = validate(usage, query, 'query');
  return { filter, groupBy, timeZone };
}
