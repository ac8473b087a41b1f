import { SetMetadata } from '@nestjs/common';
import type { RequestContext } from '@app/kernel';

/** What a handler gets beside its payload. */
export interface JobHelp {
  /** The system acts, in a request of its own. No transaction is open. */
  readonly ctx: RequestContext;
  /** Aborts when the worker stops or may have lost the job to another; give up soon, the job will be run again. */
  readonly signal: AbortSignal;
  /** 1 at the first try. A try that a killed worker did not finish counts. */
  readonly attempt: number;
  readonly maxAttempts: number;
}

/** One kind of work. It may run twice, also at the same time after a network failure, so its effect must not depend on how often. */
export interface JobRun {
  run(payload: unknown, help: JobHelp): Promise<void>;
}

export interface JobFailure {
  readonly ctx: RequestContext;
  /** Message of the last error, or that the worker died. For the log and the operator, not for strangers. */
  readonly error: string;
}

/** Implemented by a handler that wants to know when one of its jobs is given up, so that its domain can say so on its row. */
export interface JobFailed {
  onJobFailed(payload: unknown, failure: JobFailure): Promise<void>;
}

export interface Schedule {
  /** Pause between the end of one run and the start of the next. */
  readonly everyS: number;
}

export const JOB_HANDLER_METADATA = 'bodega:job-handler';
export const SCHEDULED_JOB_METADATA = 'bodega:scheduled-job';

export const JOB_FOLLOWER_METADATA = 'bodega:job-follower';

export interface JobFollowerMetadata {
  readonly news: string;
  readonly name: string;
}

export interface ScheduledJobMetadata extends Schedule {
  readonly name: string;
}

/** Declares a provider (implementing `JobRun`) as the handler of the jobs of this name, `domain.verb_noun`. */
export function JobHandler(name: string): ClassDecorator {
  return SetMetadata(JOB_HANDLER_METADATA, name);
}

/**
 * Declares a provider (implementing `JobRun`) as one of those who follow a piece of news: a job that a library below queues
 * without knowing who cares. Each follower gets the payload as a job of its own, named `name`, with its own tries.
 */
export function JobFollower(news: string, name: string): ClassDecorator {
  return SetMetadata(JOB_FOLLOWER_METADATA, { news, name } satisfies JobFollowerMetadata);
}

/**
 * Declares a provider (implementing `JobRun`) as recurring work: runs at start and again after each pause, in one worker
 * at a time whatever the number of replicas, never overlapping itself. A run that fails is logged and tried at the next turn.
 */
export function ScheduledJob(name: string, schedule: Schedule): ClassDecorator {
  return SetMetadata(SCHEDULED_JOB_METADATA, { name, ...schedule } satisfies ScheduledJobMetadata);
}

export function hasJobFailed(handler: object): handler is JobFailed {
  return 'onJobFailed' in handler && typeof handler.onJobFailed === 'function';
}
