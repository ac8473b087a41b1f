import { Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { JOB_FOLLOWER_METADATA, JOB_HANDLER_METADATA, SCHEDULED_JOB_METADATA } from '../queue/job-handler.js';
import type { JobFollowerMetadata, JobRun, ScheduledJobMetadata } from '../queue/job-handler.js';

/** Finds the handlers among the providers of this process. */
@Injectable()
export class HandlerRegistry {
  constructor(private readonly discovery: DiscoveryService) {}

  /** Handlers of queued jobs by name. @throws when two claim one name, or one has no `run` */
  handlers(): Map<string, JobRun> {
    const handlers = new Map<string, JobRun>();
    const add = (name: string, instance: JobRun): void => {
      const other = handlers.get(name);
      if (other && other !== instance) throw new Error(`Two providers handle the job "${name}".`);
      handlers.set(name, instance);
    };
    for (const { instance, metadata } of this.decorated<string>(JOB_HANDLER_METADATA)) add(metadata, instance);
    for (const { instance, metadata } of this.followers()) add(metadata.name, instance);
    return handlers;
  }

  /** Names of the jobs that follow each piece of news. */
  followersOf(): Map<string, string[]> {
    const names = new Map<string, Set<string>>();
    for (const { metadata } of this.followers())
      names.set(metadata.news, (names.get(metadata.news) ?? new Set()).add(metadata.name));
    return new Map([...names].map(([news, followers]) => [news, [...followers].sort()]));
  }

  private followers(): { instance: JobRun; metadata: JobFollowerMetadata }[] {
    return this.decorated<JobFollowerMetadata>(JOB_FOLLOWER_METADATA);
  }

  /** Recurring work. @throws when two share a name */
  scheduled(): { job: JobRun; metadata: ScheduledJobMetadata }[] {
    const scheduled = new Map<string, { job: JobRun; metadata: ScheduledJobMetadata }>();
    for (const { instance, metadata } of this.decorated<ScheduledJobMetadata>(SCHEDULED_JOB_METADATA)) {
      const other = scheduled.get(metadata.name);
      if (other && other.job !== instance) throw new Error(`Two providers are scheduled as "${metadata.name}".`);
      scheduled.set(metadata.name, { job: instance, metadata });
    }
    return [...scheduled.values()];
  }

  private decorated<M>(key: string): { instance: JobRun; metadata: M }[] {
    return this.discovery.getProviders().flatMap((wrapper) => {
      if (!wrapper.metatype) return [];
      const metadata = Reflect.getMetadata(key, wrapper.metatype) as M | undefined;
      if (metadata === undefined) return [];
      const instance: unknown = wrapper.instance;
      if (!isJobRun(instance))
        throw new Error(`${wrapper.metatype.name} is declared as a job but has no method "run".`);
      return [{ instance, metadata }];
    });
  }
}

function isJobRun(instance: unknown): instance is JobRun {
  return typeof instance === 'object' && instance !== null && 'run' in instance && typeof instance.run === 'function';
}
