import { Injectable } from '@nestjs/common';
import { Settings, marketSettings } from '@app/config';
import { Clock, validate } from '@app/kernel';
import type { RequestContext } from '@app/kernel';
import type { UseAnswer } from '../terms/can-i.rules.js';
import { useContextSchema } from '../terms/use-context.js';
import { USES } from '../terms/uses.js';
import type { Use } from '../terms/uses.js';
import { profileOf } from './odrl-names.js';
import { judgePolicy, readPolicy } from './read-policy.rules.js';
import type { PolicyReading } from './read-policy.rules.js';

export interface PolicyAnswers {
  readonly reading: PolicyReading;
  readonly answers: readonly { readonly use: Use; readonly answer: UseAnswer }[];
}

/** What policies say, this market's own and those of others. */
@Injectable()
export class PolicyQueries {
  private readonly profile: string;

  constructor(
    private readonly clock: Clock,
    settings: Settings,
  ) {
    this.profile = profileOf(settings.of(marketSettings).publicUrl);
  }

  /** @throws LICENSING_POLICY_UNREADABLE, REQUEST_INVALID */
  read(_ctx: RequestContext, policy: unknown, askedContext: object = {}): PolicyAnswers {
    const context = validate(useContextSchema, askedContext, 'context');
    const reading = readPolicy(policy, this.profile);
    const now = this.clock.now();
    return { reading, answers: USES.map((use) => ({ use, answer: judgePolicy(reading, use, context, now) })) };
  }
}
