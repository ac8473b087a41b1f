export { JobsModule } from './jobs.module.js';
export { JobsWorkerModule } from './jobs.worker.module.js';
export { jobsSettings } from './jobs.config.js';
export { Jobs } from './queue/jobs.js';
export type { EnqueueOptions } from './queue/jobs.js';
export { JobFollower, JobHandler, ScheduledJob } from './queue/job-handler.js';
export type { JobFailed, JobFailure, JobHelp, JobRun, Schedule } from './queue/job-handler.js';
export { Leadership } from './leadership/leadership.js';
export type { Candidacy, LeaderWork } from './leadership/leadership.js';
