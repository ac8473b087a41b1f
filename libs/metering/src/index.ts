export { MeteringModule } from './metering.module.js';
export { MeteringWorkerModule } from './metering.worker.module.js';
export { MeteringService } from './requests/metering.service.js';
export { UNEXPLAINED_REASONS, distinctRequests, outcomeOf, servedBytes } from './requests/metered-request.rules.js';
export type {
  MeteredRequest,
  RequestOutcome,
  UnexplainedReason,
  UnexplainedRequest,
} from './requests/metered-request.rules.js';
export { USAGE_GROUPINGS, UsageQueries } from './usage/usage.queries.js';
export type {
  ServedHour,
  UsageGrouping,
  UsagePoint,
  UsageScope,
  UsageSelection,
  UsageSeriesRequest,
  UsageTotals,
} from './usage/usage.queries.js';
export { isTimeZone } from './usage/time-zone.rules.js';
